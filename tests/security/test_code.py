"""What is dangerous is called nowhere in the product, or in the one place that is named here with its reason."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PRODUCT = ("appliance", "gui", "server", "installers")
PANEL = ROOT / "server" / "panel" / "src"

CALLS = {
    # code from words
    "eval": (),
    "exec": (),
    "compile": (),
    "__import__": (),
    "render_template_string": (),
    # objects from bytes
    "pickle": (),
    "marshal": (),
    "shelve": (),
    "yaml": (),
    "jsonpickle": (),
    # documents that name other documents
    "xml": (),
    "lxml": (),
    # a shell, and names of files that others may take
    "os.system": (),
    "os.popen": (),
    "tempfile.mktemp": (),
    # chance that can be foretold
    "random": (
        "appliance/demo/edits.py",  # the demonstration's people
        "appliance/demo/seed.py",
        "appliance/supervision.py",  # how long to wait before a restart
    ),
    # hashes and ciphers that are broken
    "hashlib.md5": (),
    "hashlib.sha1": (),
    "ssl.wrap_socket": (),
    # memory by hand
    "ctypes": (
        "server/memory.py",  # hands back what is free
        "appliance/system/linux_rights.py",  # gives rights away for ever
        "appliance/system/linux_view.py",  # mounts a view of its own for the database
    ),
}
UNVERIFIED = (
    "server/connectors/http.py",  # an administrator turned it off for this connection, and is told so
    "server/connectors/troubles.py",  # looks at the certificate that was refused, to name what is wrong with it
)
IN_PANEL = re.compile(
    r"dangerouslySetInnerHTML|\.innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function\("
    r"|localStorage|sessionStorage|indexedDB|document\.cookie|postMessage|importScripts|\bWebSocket\(|\.__proto__"
)


def sources() -> Iterator[tuple[str, str]]:
    for house in PRODUCT:
        for file in sorted((ROOT / house).rglob("*.py")):
            if "node_modules" not in file.parts:
                yield file.relative_to(ROOT).as_posix(), file.read_text()


TEXTS = dict(sources())
SOURCES = {place: ast.parse(text) for place, text in TEXTS.items()}


def named(tree: ast.Module) -> set[str]:
    """Everything that is imported or called by a bare or a dotted name, and each beginning of it."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            found |= {node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names)}
        elif isinstance(node, ast.Call):
            found.add(_dotted(node.func))
    return {".".join(name.split(".")[:parts]) for name in found for parts in range(1, name.count(".") + 2)}


def _dotted(called: ast.expr) -> str:
    if isinstance(called, ast.Attribute):
        return f"{_dotted(called.value)}.{called.attr}"
    return called.id if isinstance(called, ast.Name) else "?"


@pytest.fixture(scope="module")
def names() -> dict[str, set[str]]:
    return {place: named(tree) for place, tree in SOURCES.items()}


@pytest.mark.parametrize("dangerous", CALLS)
def test_what_is_dangerous_is_called_only_where_it_is_named(dangerous: str, names: dict[str, set[str]]) -> None:
    places = {place for place, found in names.items() if dangerous in found}
    assert places <= set(CALLS[dangerous])


def test_a_call_is_seen() -> None:
    seen = named(ast.parse("import pickle\nfrom random import choice\nimport os\nos.system('x')\neval('1')"))
    assert {"pickle", "random", "os.system", "eval"} <= seen


def test_no_program_is_started_by_a_shell() -> None:
    for place, tree in SOURCES.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.keyword) and node.arg == "shell":
                assert isinstance(node.value, ast.Constant), place
                assert node.value.value is False, place


def test_certificates_are_checked_everywhere_else() -> None:
    for place, text in TEXTS.items():
        if re.search(r"CERT_NONE|verify=False|check_hostname = False|_create_unverified", text):
            assert place in UNVERIFIED, place


def test_no_debugger_and_no_debug_mode_is_in_the_product() -> None:
    for place, text in TEXTS.items():
        assert not re.search(r"\bbreakpoint\(|\bpdb\b|debug=True|\.run\(debug|FLASK_DEBUG", text), place


def test_sql_is_never_put_together_from_words_by_format() -> None:
    """The store's statements are SQLAlchemy's, psycopg's ``sql`` or constants; an f-string in ``text`` is none."""
    for place, tree in SOURCES.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and _last_name(node.func) in {"text", "SQL", "execute"}:
                for given in node.args[:1]:
                    assert not isinstance(given, ast.JoinedStr), (place, ast.unparse(node)[:120])
                    assert not (isinstance(given, ast.BinOp) and isinstance(given.op, ast.Mod)), place


def _last_name(called: ast.expr) -> str:
    return called.attr if isinstance(called, ast.Attribute) else called.id if isinstance(called, ast.Name) else ""


def test_the_panel_makes_no_markup_and_keeps_nothing_in_the_browser() -> None:
    for file in sorted(PANEL.rglob("*.ts*")):
        assert not IN_PANEL.search(file.read_text()), file.relative_to(ROOT)


def test_the_panel_asks_its_own_server_alone() -> None:
    for file in sorted(PANEL.rglob("*.ts*")):
        addresses = re.findall(r"[\"'`](https?://[^\"'`\s]+)", file.read_text())
        told = [
            one for one in addresses if not one.startswith(("https://tracker.", "https://example", "http://example"))
        ]
        assert not told, (file.relative_to(ROOT), told)
    page = (PANEL.parent / "index.html").read_text()
    assert "http:" not in page
    assert "https:" not in page
