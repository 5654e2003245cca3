"""The bill of materials is CycloneDX by its own schema, the same whoever makes it, and says nothing of a machine."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from installers import parts, sbom
from installers.parts import Part

SCHEMAS = resources.files("cyclonedx.schema._res")


@pytest.fixture(scope="module")
def written(every: tuple[Part, ...]) -> str:
    return sbom.bill(every, parts.roots())


@pytest.fixture(scope="module")
def bill(written: str) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(written)
    return read


def schema() -> jsonschema_rs.Validator:
    def of(name: str) -> Any:
        return json.loads((SCHEMAS / f"{name}.SNAPSHOT.schema.json").read_text(encoding="utf-8"))

    others = {f"http://cyclonedx.org/schema/{name}.SNAPSHOT.schema.json": of(name) for name in ("spdx", "jsf-0.82")}
    registry = jsonschema_rs.Registry(list(others.items()))
    return jsonschema_rs.validator_for(of("bom-1.6"), registry=registry)


def test_it_is_valid_by_the_schema_of_cyclonedx(bill: dict[str, Any]) -> None:
    assert not [error.message for error in schema().iter_errors(bill)]


def test_what_is_not_valid_is_seen(bill: dict[str, Any]) -> None:
    assert not schema().is_valid({**bill, "bomFormat": "something else"})
    assert not schema().is_valid({**bill, "components": [{"type": "library"}]})


def test_it_names_every_part_with_its_version_and_licence(bill: dict[str, Any], every: tuple[Part, ...]) -> None:
    there = {one["purl"]: one for one in bill["components"]}
    for part in every:
        name = part.name.replace("@", "%40")
        one = there[f"pkg:{part.kind}/{name}@{part.version}"]
        assert one["licenses"] == [{"expression": part.licence}]
        assert len(one.get("components", ())) == len(part.inside)
    inside = {one["name"] for part in bill["components"] for one in part.get("components", ())}
    assert {"caddy", "postgresql", "openssl", "std"} <= inside


def test_it_says_what_calls_for_what(bill: dict[str, Any]) -> None:
    calls = {one["ref"]: one.get("dependsOn", []) for one in bill["dependencies"]}
    assert len(calls["lockstep"]) == len(parts.roots())
    reached, ahead = set(), ["lockstep"]
    while ahead:
        one = ahead.pop()
        if one not in reached:
            reached.add(one)
            ahead += calls[one]
    top = {one["bom-ref"] for one in bill["components"]}
    assert not top - reached


def test_another_process_writes_the_same_bytes(written: str, tmp_path: Path) -> None:
    elsewhere = {**os.environ, "PYTHONHASHSEED": "7", "TZ": "Asia/Tokyo", "PYTHONPATH": str(parts.ROOT)}
    elsewhere.pop("SOURCE_DATE_EPOCH", None)
    target = tmp_path / "deep" / "sbom.json"
    subprocess.run([sys.executable, "-m", "installers.sbom", str(target)], check=True, cwd=tmp_path, env=elsewhere)
    assert target.read_text() == written


def test_a_time_is_said_only_where_it_was_given(written: str, every: tuple[Part, ...]) -> None:
    assert "timestamp" not in written
    timed = sbom.bill(every, parts.roots(), datetime(2026, 11, 30, tzinfo=UTC))
    assert json.loads(timed)["metadata"]["timestamp"] == "2026-11-30T00:00:00+00:00"


def test_another_part_is_another_bill(bill: dict[str, Any], every: tuple[Part, ...]) -> None:
    newcomer = Part("pypi", "newcomer", "1.0", "MIT")
    other = json.loads(sbom.bill((*every, newcomer), parts.roots()))
    assert other["serialNumber"] != bill["serialNumber"]


def test_it_says_nothing_of_this_machine(written: str) -> None:
    for told in (str(parts.ROOT), str(Path.home()), sys.prefix, "file:", "download_url", "vcs_url", "resolved"):
        assert told not in written
    bill = json.loads(written)
    nested = [*bill["components"], *(one for part in bill["components"] for one in part.get("components", ()))]
    assert not [one["purl"] for one in nested if "?" in one["purl"]]
