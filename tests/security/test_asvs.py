"""The page of OWASP ASVS 5.0 names every requirement of level 2 once, and nothing that is not there."""

from __future__ import annotations

import ast
import re
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "tests" / "security" / "README.md").read_text()
LEVEL_2 = {
    # By section, the numbers of levels 1 and 2. Chapters 10 and 17 are not here as a whole.
    "1.1": "1-2", "1.2": "1-9", "1.3": "1-11", "1.4": "1-3", "1.5": "1-2",
    "2.1": "1-3", "2.2": "1-3", "2.3": "1-4", "2.4": "1",
    "3.2": "1-2", "3.3": "1-4", "3.4": "1-6", "3.5": "1-5", "3.7": "1-2",
    "4.1": "1-3", "4.2": "1", "4.3": "1-2", "4.4": "1-4",
    "5.1": "1", "5.2": "1-3", "5.3": "1-2", "5.4": "1-3",
    "6.1": "1-3", "6.2": "1-12", "6.3": "1-4", "6.4": "1-4", "6.5": "1-5", "6.6": "1-3", "6.8": "1-4",
    "7.1": "1-3", "7.2": "1-4", "7.3": "1-2", "7.4": "1-5", "7.5": "1-2", "7.6": "1-2",
    "8.1": "1-2", "8.2": "1-3", "8.3": "1", "8.4": "1",
    "9.1": "1-3", "9.2": "1-4",
    "11.1": "1-2", "11.2": "1-3", "11.3": "1-3", "11.4": "1-4", "11.5": "1", "11.6": "1",
    "12.1": "1-3", "12.2": "1-2", "12.3": "1-4",
    "13.1": "1", "13.2": "1-5", "13.3": "1-2", "13.4": "1-5",
    "14.1": "1-2", "14.2": "1-4", "14.3": "1-3",
    "15.1": "1-3", "15.2": "1-3", "15.3": "1-7",
    "16.1": "1", "16.2": "1-5", "16.3": "1-4", "16.4": "1-3", "16.5": "1-3",
}  # fmt: skip
ROWS = re.findall(r"^\| (V[\d.]+(?:-V[\d.]+)?) \| ([^|]+) \| (.+) \|$", PAGE, re.MULTILINE)
NAMED = sorted(set(re.findall(r"`([a-z0-9_/]+\.py)(?:::(test_\w+))?`", " ".join(row[2] for row in ROWS))))
SAID = sorted(set(re.findall(r"`([A-Z]+\.md)#([^`]+)`", " ".join(row[2] for row in ROWS))))


def numbers(first: str, last: str) -> list[str]:
    section, _, begin = first.rpartition(".")
    return [f"{section}.{number}" for number in range(int(begin), int(last.rpartition(".")[2]) + 1)]


def listed() -> list[str]:
    found: list[str] = []
    for name, _, _ in ROWS:
        first, _, last = name.removeprefix("V").partition("-V")
        found += numbers(first, last or first) if "." in first else [first]
    return found


def test_each_requirement_is_named_once() -> None:
    wanted = {"10", "17"}
    for section, span in LEVEL_2.items():
        begin, _, end = span.partition("-")
        wanted |= set(numbers(f"{section}.{begin}", f"{section}.{end or begin}"))
    counted = Counter(listed())
    assert set(counted) == wanted
    assert [name for name, count in counted.items() if count > 1] == []


def test_each_has_a_test_a_page_or_a_reason() -> None:
    for name, _, shown in ROWS:
        assert re.search(r"`[\w/]+\.py|`\w+\.md#|\*not here\*|\*the operator's\*", shown), name


@pytest.mark.parametrize(("file", "test"), NAMED)
def test_each_named_test_is_there(file: str, test: str) -> None:
    place = ROOT / "tests" / file
    assert place.is_file(), file
    names = {node.name for node in ast.walk(ast.parse(place.read_text())) if isinstance(node, ast.FunctionDef)}
    assert not test or test in names, f"{file} has no {test}"


@pytest.mark.parametrize(("page", "heading"), SAID)
def test_each_named_page_is_there(page: str, heading: str) -> None:
    assert f"\n## {heading}\n" in (ROOT / page).read_text()


def test_the_page_counts_its_chapters() -> None:
    here = {name.partition(".")[0] for name in listed()} - {"10", "17"}
    assert f"Chapters met: {len(here)} of {len(here)} that the product has" in " ".join(PAGE.split())
