"""Writes the bill of materials: every part of an installation, as CycloneDX; it says nothing of this machine.

``python -m installers.sbom FILE``. The same parts give the same bytes: no time unless ``SOURCE_DATE_EPOCH`` says one,
a number that is worked out from the contents, no path and no address.
"""

from __future__ import annotations

import base64
import os
import sys
import tomllib
import uuid
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

from cyclonedx.model import HashAlgorithm, HashType
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.model.dependency import Dependency
from cyclonedx.model.license import LicenseExpression
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL

from installers import parts
from installers.parts import Kind, Part

_LOCKSTEP = uuid.UUID("6f0b8f6e-6c1c-5d43-9d0b-0d6f0c0a5e31")
"""Serial numbers are made in this space."""


def bill(made_of: Iterable[Part], roots: Iterable[tuple[Kind, str]], at: datetime | None = None) -> str:
    """The bill as JSON. ``roots`` are what Lockstep itself calls for, ``at`` when it was made."""
    made_of = tuple(made_of)
    lockstep = Component(
        name="lockstep",
        version=_version(),
        type=ComponentType.APPLICATION,
        bom_ref="lockstep",
        licenses=[LicenseExpression("Apache-2.0")],
    )
    components = {(part.kind, part.name): _component(part) for part in made_of}
    found = Bom(serial_number=_LOCKSTEP, components=components.values())
    found.metadata.component = lockstep
    found.metadata.timestamp = cast("Any", at)  # the library writes none where there is none
    found.dependencies.add(_dependency(lockstep, (components[one] for one in roots)))
    for part in made_of:
        needed = (components[part.kind, name] for name in part.needs)
        found.dependencies.add(_dependency(components[part.kind, part.name], needed))
    found.serial_number = uuid.uuid5(_LOCKSTEP, _written(found))
    return _written(found)


def _component(part: Part, within: str = "") -> Component:
    name, group = part.name, None
    if part.kind == "npm" and name.startswith("@"):
        group, _, name = name.partition("/")
    url = PackageURL(part.kind, group, name, part.version or None)
    if part.kind == "golang" and "/" in name:
        space, _, last = name.rpartition("/")
        url = PackageURL(part.kind, space, last, part.version)
    reference = f"{within}{url}"
    return Component(
        name=name,
        group=group,
        version=part.version or None,
        type=ComponentType.APPLICATION if part.name in {"caddy", "postgresql"} else ComponentType.LIBRARY,
        bom_ref=reference,
        purl=url,
        copyright="\n".join(part.copyrights) or None,
        licenses=[LicenseExpression(part.licence)] if part.licence else (),
        hashes=[
            HashType(alg=_ALGORITHMS[algorithm], content=base64.b64decode(digest).hex())
            for algorithm, digest in part.hashes
        ],
        components=[_component(one, f"{reference}|") for one in part.inside],
    )


_ALGORITHMS = {"sha512": HashAlgorithm.SHA_512, "sha384": HashAlgorithm.SHA_384, "sha256": HashAlgorithm.SHA_256}


def _dependency(component: Component, needed: Iterable[Component]) -> Dependency:
    return Dependency(component.bom_ref, dependencies=[Dependency(one.bom_ref) for one in needed])


def _written(found: Bom) -> str:
    return f"{JsonV1Dot6(found).output_as_string(indent=1)}\n"


def _version() -> str:
    told: str = tomllib.loads((parts.ROOT / "pyproject.toml").read_text())["project"]["version"]
    return told


def _now() -> datetime | None:
    """When it is said to be made: what reproducible builds say, else nothing."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    return datetime.fromtimestamp(int(epoch), UTC) if epoch else None


if __name__ == "__main__":
    target = Path(sys.argv[1])
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(bill(parts.every(), parts.roots(), _now()))
