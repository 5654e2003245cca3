from __future__ import annotations

from server.web.rota import Rota


def filled(**lines: int) -> Rota[str]:
    rota = Rota[str]()
    for name, count in lines.items():
        for number in range(count):
            rota.put(tuple(name.split("_")), f"{name}{number}")
    return rota


def test_lines_have_their_turns_one_after_the_other_and_so_have_those_within() -> None:
    rota = filled(a_x=3, a_y=1, b_x=2)
    assert [rota.next() for _ in range(rota.count)] == ["a_x0", "b_x0", "a_y0", "b_x1", "a_x1", "a_x2"]
    assert rota.count == 0


def test_the_longest_line_gives_way_with_who_came_last() -> None:
    rota = filled(a_x=5, a_y=3, b_x=2)
    assert rota.give_way(("b", "y")) == "a_x4"
    assert rota.count == 9
    assert rota.give_way(("a", "y")) is None, "as long but for one"
    assert rota.give_way(("a", "z")) == "a_x3"


def test_nobody_gives_way_to_a_line_that_is_as_long() -> None:
    rota = filled(a_x=2, b_x=2)
    assert rota.give_way(("a", "x")) is None
    assert rota.give_way(("b", "y")) is None
    assert rota.give_way(("c", "x")) == "a_x1"
    assert filled().give_way(("a",)) is None
