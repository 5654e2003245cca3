"""Whether two items read like an original and its copy, where no app says so; it must not decide that they are one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from server.domain.item import Item, Side
from server.domain.lineage import alike
from server.domain.values import FieldKind
from server.engine.mapping import CompiledField, CompiledType, Converted
from server.engine.richtext import same_meaning

_TEXTS = frozenset({FieldKind.TEXT, FieldKind.RICH_TEXT})


def reads_the_same(type_: CompiledType, left: Item, right: Item) -> bool:
    """Whether each text that travels says the same on both sides, but for blanks, case and what an app cuts off."""
    both = {Side.LEFT: left, Side.RIGHT: right}
    texts = (one for one in type_.fields if one.left.kind in _TEXTS and one.right.kind in _TEXTS)
    return all(
        _same(one, {side: str(both[side].fields.get(one.spec(side).id) or "") for side in Side}) for one in texts
    )


def _same(one: CompiledField, now: Mapping[Side, str]) -> bool:
    """As it stands, or as it is once it was carried over: references and mentions are put otherwise there."""
    if not one.is_rich:
        return alike(now[Side.LEFT]) == alike(now[Side.RIGHT])
    if same_meaning(now[Side.LEFT], one.format(Side.LEFT), now[Side.RIGHT], one.format(Side.RIGHT)):
        return True
    for target in Side:
        carried = one.convert(now[target.other], target)
        format_ = one.format(target)
        if isinstance(carried, Converted) and same_meaning(str(carried.value or ""), format_, now[target], format_):
            return True
    return False


def keeps_no_word(names: Sequence[str]) -> str:
    """What follows for an integration where the apps of these names keep no word of whose twin an item is."""
    if not names:
        return ""
    which, keeps = " and ".join(names), "keeps" if len(names) == 1 else "keep"
    return (
        f"{which} {keeps} no word of whose twin an item is. Nothing follows as long as this integration works there "
        "alone. Another Lockstep, or another tenant, with an account of its own would know what was copied there only "
        "while title and text say the same, and could copy it once more after that; and so could this one with what "
        "the other made. A field for the correlation id makes it certain: the test of the connection says which."
    )
