"""The bar shows how far something is, and is quiet where there is no terminal."""

from __future__ import annotations

from io import StringIO

from appliance.progress import Bar


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


def test_without_a_terminal_a_line_is_printed_every_tenth() -> None:
    stream = StringIO()
    bar = Bar(stream, "Work")
    for done in range(101):
        bar.show(done, 100)
    bar.end()
    lines = stream.getvalue().splitlines()
    assert len(lines) == 11
    assert lines[5] == "Work [###############...............] 50/100"


def test_on_a_terminal_one_line_is_rewritten() -> None:
    stream = Terminal()
    bar = Bar(stream, "Work")
    bar.show(0, None, "looking")
    bar.show(1, 2)
    bar.show(1, 2)
    bar.end()
    assert stream.getvalue() == f"\rWork 0 items  looking\rWork [{'#' * 15}{'.' * 15}] 1/2\n"


def test_more_than_all_is_all() -> None:
    stream = StringIO()
    Bar(stream, "Work").show(12, 10)
    assert stream.getvalue() == f"Work [{'#' * 30}] 10/10\n"
