"""What happens to a twin whose counterpart is gone or has left the scope; it must not decide whether that is so."""

from __future__ import annotations

from dataclasses import dataclass, replace

from server.domain.integration import Document
from server.domain.item import CommentDraft, Item, Side
from server.domain.operation import AddComment, DeleteItem, UpdateItem
from server.domain.pair import CommentPair, Pair, PairState
from server.domain.rules import Parting
from server.domain.values import FieldKind, TextFormat
from server.engine.mapping import CompiledField, CompiledType, Mapping
from server.engine.plan import Draughtsman, Plan, snapshot
from server.engine.richtext import fingerprint, notice, same_meaning

_NOTICE = "a notice of Lockstep"
_EARLIER = "an earlier notice of Lockstep"


@dataclass(frozen=True, slots=True)
class Reason:
    """Why two items part. ``side``: whose item it is; ``item``: that item, None when it was deleted."""

    side: Side
    item: Item | None
    why: str
    """A sentence for the history; empty for a deletion."""
    merged: str = ""
    """The key of the item into which it was merged; empty when it was deleted, or is there still."""
    restricted: bool = False
    """Its app restricts it: the twin hears nothing of it but that the two are not kept in step."""

    @property
    def deleted(self) -> bool:
        """Whether the item is gone for good."""
        return self.item is None

    @property
    def end(self) -> str:
        """What became of an item that is gone."""
        return f"was merged into {self.merged}" if self.merged else "was deleted"

    def policy(self, document: Document) -> Parting:
        """What the document wants for the twin."""
        staying = document.audience.leaving if self.restricted else document.scope.leaving
        rules = document.deletions if self.deleted else staying
        return rules.on(self.side.other)


def part(
    pair: Pair, type_: CompiledType, reason: Reason, twin: Item | None, mapping: Mapping, drawing: Draughtsman
) -> Plan:
    """The plan for a pair one of whose items is gone or outside.

    ``twin`` is the other item as it is now, None when it is gone too or need not be known. A pair that has parted
    already gets no second notice.
    """
    state = PairState.ENDED if reason.deleted else PairState.OUTSIDE
    after = replace(pair, state=state)
    for side, item in ((reason.side, reason.item), (reason.side.other, twin)):
        if item is not None:
            # The snapshot stays: what is typed outside the scope counts as an edit when the item comes back.
            now = replace(pair.on(side), key=item.key, url=item.url, type=item.type, stamp=item.stamp)
            after = after.with_side(side, replace(now, restricted=item.restricted))
    policy = reason.policy(mapping.document)
    if pair.state is state or twin is None or policy is Parting.IGNORE:
        return Plan(after, type_, summary=told_of(reason, pair, mapping, policy, state))
    kept = _kept(pair, type_, reason.side.other, twin, mapping) if policy is Parting.DELETE else ""
    if policy is Parting.DELETE and not kept:
        drawing.add(reason.side.other, DeleteItem(snapshot(type_, reason.side.other, twin), twin.updated_at))
        ended = replace(after, state=PairState.ENDED)
        return Plan(ended, type_, tuple(drawing.operations), summary=told_of(reason, pair, mapping, policy, state))
    if kept:
        policy = Parting.NOTE
        drawing.note("not deleted", reason.side.other, reason=kept)
    after = _notice(after, reason, twin, mapping, drawing)
    if policy is Parting.CLOSE:
        after = _close(after, type_, reason, twin, drawing)
    summary = told_of(reason, pair, mapping, policy, state)
    return Plan(after, type_, tuple(drawing.operations), tuple(drawing.notes), summary=summary)


def _kept(pair: Pair, type_: CompiledType, side: Side, twin: Item, mapping: Mapping) -> str:
    """Why the twin is not to be deleted although the policy says so; empty when it may be."""
    if pair.origin is side:
        return "somebody made it; only items that Lockstep made are deleted"
    if not type_.fields:
        return "its type is mapped no longer, so nobody can tell whether somebody has changed it"
    if pair.on(side).snapshot != snapshot(type_, side, twin):
        return "somebody has changed it since it was last kept in step"
    # What stayed here (it is private, too large, was refused) would be gone for good: only what travelled counts.
    files = {one.on(side) for one in pair.attachments if one.on(side.other) is not None}
    comments = {one.on(side): one for one in pair.comments if one.on(side.other) is not None}
    said = [one for one in twin.comments if not one.own]
    if any(not one.own and one.id not in files for one in twin.attachments) or any(
        one.id not in comments for one in said
    ):
        return "somebody has added a comment or a file to it"
    format_ = mapping.shape(side).text_format
    if any(comments[one.id].hash_on(side) not in ("", fingerprint(one.body, format_)) for one in said):
        return "somebody has changed a comment on it since it was last kept in step"
    return ""


def rejoin(pair: Pair) -> Pair:
    """The pair whose item came back into scope: as it was, and the next parting is told anew."""
    told = tuple(replace(one, note=_EARLIER) if one.note == _NOTICE else one for one in pair.comments)
    return replace(pair, state=PairState.LINKED, comments=told)


def _notice(pair: Pair, reason: Reason, twin: Item, mapping: Mapping, drawing: Draughtsman) -> Pair:
    """Plan the comment that says what happened, unless one that was cut off is there already.

    Of an item that is restricted, or was when it was last seen, it does not even say what it is called.
    """
    target = reason.side.other
    format_ = mapping.shape(target).text_format
    said = _said(pair, reason, mapping.shape(reason.side).name)
    body = notice(said, format_, mapping.shape(target).syntax)
    open_ = next((one for one in pair.comments if one.note == _NOTICE and one.origin is reason.side), None)
    if open_ is not None and open_.on(target) is not None:
        return pair  # said already; what came after it did not succeed
    fresh = open_ or CommentPair(next(drawing.ids), reason.side, private=True, note=_NOTICE)
    there = next((one for one in twin.comments if _says(one.marker, fresh.id, one.own, one.body, body, format_)), None)
    if open_ is not None and there is not None:
        fresh = fresh.seen_on(target, there.id, fingerprint(there.body, format_))
    else:
        draft = CommentDraft(body, mapping.shape(target).private_comments, fresh.id)
        drawing.add(target, AddComment("", draft))
    others = tuple(one for one in pair.comments if one.id != fresh.id)
    return replace(pair, comments=(*others, fresh))


def _said(pair: Pair, reason: Reason, name: str) -> str:
    if reason.restricted or pair.on(reason.side).restricted:
        return f"This is no longer kept in step with {name}."
    key = pair.on(reason.side).key or "The item"
    end = f"{reason.end} there." if reason.deleted else "does not belong to the integration any more."
    return f"{key} of {name} {end} It is no longer kept in step with this one."


def _says(marker: str | None, wanted: str, own: bool, there: str, body: str, format_: TextFormat) -> bool:  # noqa: FBT001 - a comment's
    if marker is not None:
        return marker == wanted
    return own and same_meaning(body, format_, there, format_)


def _close(pair: Pair, type_: CompiledType, reason: Reason, twin: Item, drawing: Draughtsman) -> Pair:
    target = reason.side.other
    one = next((each for each in type_.fields if _closes(each, target, for_good=reason.deleted)), None)
    closed = _closing(one, target) if one is not None else None
    if one is None or closed is None:
        why = "no status of the mapping ends work there" if reason.deleted else "no status that travels there ends work"
        drawing.note("not closed", target, reason=why)
        return pair
    spec = one.spec(target)
    now = twin.fields.get(spec.id)
    if now == closed or next((each.closed for each in spec.options if each.id == now), False):
        return pair
    drawing.add(target, UpdateItem({spec.id: closed}, {spec.id: now}))
    # The original's status counts as changed if it ever comes back: its twin is opened again by that.
    seen = pair.on(reason.side)
    kept = {name: value for name, value in (seen.snapshot or {}).items() if name != one.spec(reason.side).id}
    return pair.with_side(reason.side, replace(seen, snapshot=kept if seen.snapshot is not None else None))


def _closes(one: CompiledField, target: Side, *, for_good: bool) -> bool:
    """Whether a twin may be closed by this field: if it may come back, only where that opens it again."""
    travels = one.rule.direction.allows(target) and not one.rule.create_only
    return one.spec(target).kind is FieldKind.STATUS and (for_good or travels)


def _closing(one: CompiledField, side: Side) -> str | None:
    """The status that ends work: one that the mapping uses, before any other."""
    ends = [option.id for option in one.spec(side).options if option.closed]
    used = {row.left if side is Side.LEFT else row.right for row in one.rule.values}
    return next((each for each in ends if each in used), ends[0] if ends else None)


def told_of(reason: Reason, pair: Pair, mapping: Mapping, policy: Parting, state: PairState) -> str:
    """What the history says of a pair that parts; empty where it has said so."""
    if pair.state is state and not (reason.restricted and not pair.on(reason.side).restricted):
        return ""
    mine, theirs = mapping.shape(reason.side).name, mapping.shape(reason.side.other).name
    key = pair.on(reason.side).key or "An item"
    twin = pair.on(reason.side.other).key or "its twin"
    left = f"{key} of {mine} {'stays there' if reason.restricted else 'left the scope'}. {reason.why}"
    what = f"{key} {reason.end} on {mine}" if reason.deleted else left
    if reason.deleted:
        what += "."
    done = {
        Parting.IGNORE: f"{twin} of {theirs} stays as it is",
        Parting.NOTE: f"A comment on {twin} of {theirs} says so",
        Parting.CLOSE: f"{twin} of {theirs} is closed",
        Parting.DELETE: f"{twin} of {theirs} is deleted",
    }[policy]
    if reason.deleted:
        return f"{what} {done}; the two are not kept in step."
    if policy is Parting.DELETE:
        return f"{what} {done}; {key} gets no new one should it come back."
    return f"{what} {done}; the two are not kept in step until it comes back."
