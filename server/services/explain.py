"""Why: all that is known of an item by its key, id or address, and one sentence that sums it up; it must not write.

An app that is asked and does not answer is told as that, never as an item that is not there.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from server.connectors import registry
from server.domain.errors import LockstepError
from server.domain.integration import IntegrationState
from server.domain.item import Side
from server.engine.audience import without_file_names
from server.engine.explain import Held, Situation, sentence
from server.engine.mapping import Mapping as CompiledMapping
from server.services import items
from server.services.apps import Apps
from server.services.asking import Asked, Now, ask, mapping_of, rule_against, without_values
from server.services.items import Detail
from server.services.meant import Meant, meant
from server.services.outlook import next_scan, waiting
from server.services.scope import TenantScope
from server.services.sync.revisit import LATELY
from server.store import connections, finding, history, integrations, journal
from server.store.connections import Connection
from server.store.history import EventRow, HoldRow, RunRow
from server.store.integrations import Integration

_LINES = 50
_RUNS = 5
_PARTED = ("ended", "outside")
_STEP = 1.0
"""Seconds. Where a viewer is told that nothing is there, the answer comes at a whole one of these."""


@dataclass(frozen=True, slots=True)
class OpenStep:
    """A write whose outcome is not known yet."""

    kind: str
    side: Side
    planned_at: datetime | None


@dataclass(frozen=True, slots=True)
class Subject:
    """One pair, or one item without a twin, that answers to the key. ``ahead``: held items that are due before it."""

    sentence: str
    integration: str
    integration_name: str
    key: str
    pair: Detail | None = None
    holds: tuple[HoldRow, ...] = ()
    ahead: int = 0
    next_attempt: datetime | None = None
    now: tuple[Now, ...] = ()
    unresolved: tuple[OpenStep, ...] = ()
    runs: tuple[RunRow, ...] = ()
    history: tuple[EventRow, ...] = ()


@dataclass(frozen=True, slots=True)
class Explanation:
    """What answers to a key. ``problems``: why an app could not be asked whether it knows the key."""

    key: str
    sentence: str
    subjects: tuple[Subject, ...] = ()
    problems: tuple[str, ...] = ()
    history: tuple[EventRow, ...] = ()
    """What is on record of the key where nothing answers to it any more."""
    unasked: str = ""
    """Why apps were not asked for who asks, as a sentence."""


@dataclass(frozen=True, slots=True)
class _Asking:
    """What every step of one explanation is given."""

    scope: TenantScope
    apps: Apps
    live: bool
    moment: datetime
    next_look: datetime | None
    rows: Mapping[str, Integration]
    ends: Mapping[str, Connection]
    meant: Meant
    discreet: bool = False
    """Who asks may not read what restricted items say; an app's own words may repeat it."""
    viewer: bool = False
    """Who asks may only look: apps are asked where an administrator allows it, and for what is in the scope."""

    known: dict[str, CompiledMapping | str] = field(default_factory=dict)

    def mapping(self, row: Integration) -> CompiledMapping | str:
        """What the rules of an integration are, asked once; why nobody can say, where that is so."""
        if row.id not in self.known:
            try:
                self.known[row.id] = mapping_of(self.scope, row)
            except LockstepError as error:
                self.known[row.id] = error.message
        return self.known[row.id]

    def asks(self, row: Integration) -> bool:
        """Whether the apps of an integration are asked."""
        return self.live and (row.document.viewers_ask or not self.viewer)

    def apps_of(self, row: Integration) -> Apps:
        """What its apps said of their fields, asked anew only where they may be asked."""
        return self.apps if self.asks(row) else self.apps.silent()

    def name(self, row: Integration, side: Side) -> str:
        """The connection of a side, as people call it."""
        return self.ends[row.document.side(side).connection].name

    def concerns(self, integration: str, side: Side, *names: str) -> bool:
        """Whether the key can be of an item of this side that has one of ``names``."""
        return bool(set(self.meant.of(self.rows[integration], side)) & set(names))


@dataclass(slots=True)
class _Told:
    """What the apps say of a key that Lockstep does not know."""

    subjects: list[Subject] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    asked: bool = False


def explain(
    scope: TenantScope, apps: Apps, key: str, *, live: bool, discreet: bool = False, viewer: bool = False
) -> Explanation:
    """Everything about ``key``, an item's key, id or address. ``live``: the apps are asked, too.

    ``discreet``: the sentence repeats no app's words about a restricted item. ``viewer``: who asks may only look, so
    what is not in the scope of an integration is answered like what is not there, in as much time.
    """
    key, begun = key.strip(), time.monotonic()
    with scope.transaction() as tx:
        rows = {one.id: one for one in integrations.every(tx)}
        ends = {one.id: one for one in connections.every(tx)}
        known = meant(key, ends)
        pairs = finding.pairs(tx, known.urls, known.named(rows), known.pair)
        held = history.holds_named(tx, known.words, _LINES)
    next_look = scope.sync_state().next_pass_at
    asking = _Asking(scope, apps, live, datetime.now(UTC), next_look, rows, ends, known, discreet, viewer)
    paired = {
        (one.integration, side.value, there.id)
        for one in pairs
        for side, there in ((Side.LEFT, one.left), (Side.RIGHT, one.right))
        if there is not None
    }
    subjects = [_of_pair(asking, one.id) for one in pairs]
    subjects += [
        _of_hold(asking, one)
        for one in held
        if (one.integration, one.side, one.item_id) not in paired
        and asking.concerns(one.integration, Side(one.side), one.item_id, one.item_key)
    ]
    told = _ask_around(asking, subjects) if live else _Told()
    subjects += told.subjects
    with scope.reading() as tx:
        lines = () if subjects else history.events_named(tx, known.words, _LINES)
    lines = tuple(one for one in lines if asking.concerns(one.integration, Side(one.side), one.item_id, one.item_key))
    if viewer and told.asked and not subjects:
        time.sleep(_STEP - (time.monotonic() - begun) % _STEP)
    sentence_ = _whole(asking, subjects, told, lines)
    return Explanation(key, sentence_, tuple(subjects), tuple(told.problems), lines, _unasked(asking))


def _of_pair(asking: _Asking, pair_id: str) -> Subject:
    pair = items.detail(asking.scope, asking.apps, pair_id, viewer=asking.viewer)
    row = asking.rows[pair.integration]
    apps = asking.apps_of(row)
    with asking.scope.reading() as tx:
        open_ = journal.unresolved(tx, asking.scope.cipher, pair.integration, [pair_id]).get(pair_id, ())
    asked = {
        side: ask(asking.scope, apps, row, side, asking.name(row, side), there.id)
        for side, there in ((Side.LEFT, pair.left), (Side.RIGHT, pair.right))
        if there is not None and asking.asks(row)
    }
    waits = waiting(asking.scope, apps, row, pair, asked)
    now, changed = waits.now, waits.changed
    held = next((one for one in pair.holds if one.kind != "skipped"), pair.holds[0] if pair.holds else None)
    undecided = [one.field_left for one in pair.conflicts if one.winner == "held"] if changed else []
    if held is not None and asking.discreet and restricted(pair, now):
        held = quiet(held)
    situation = _situation(
        asking,
        row,
        state=pair.state,
        told=next((one.summary for one in pair.history), "") if pair.state in _PARTED else "",
        held=_held(held),
        unresolved=len(open_),
        gone=tuple(one.name for one in now if one.gone),
        merged=tuple(f"into {one.merged} on {one.name}" for one in now if one.merged),
        changed=changed,
        left=waits.left,
        silent=waits.silent,
        soon=waits.silent and _looked_at_again(asking, row, pair, {one.side for one in now if one.changed or one.gone}),
        next_scan=next_scan(asking.scope, row) if waits.silent else None,
        unasked=tuple(one.name for one in now if one.problem),
        undecided=tuple(dict.fromkeys(undecided)),
        apart=tuple(one.name for one in pair.apart),
        synced_at=pair.synced_at,
    )
    steps = tuple(OpenStep(one.step.kind, one.side, one.planned_at) for one in open_)
    key = " ↔ ".join(there.key or there.id for there in (pair.left, pair.right) if there is not None)
    return _subject(asking, row, situation, key, pair.holds, pair.history, pair=pair, now=now, unresolved=steps)


def quiet(hold: HoldRow) -> HoldRow:
    """What is said of a held item to who may not read it."""
    return replace(hold, reason=without_file_names(hold.reason), words="")


def restricted(pair: Detail | None, now: Sequence[Now]) -> bool:
    """Whether not everybody may read what an item says; of one without a twin also where nobody could look."""
    sides = (pair.left, pair.right) if pair is not None else ()
    seen = any(one is not None and one.restricted for one in sides) or any(one.restricted for one in now)
    return seen or (pair is None and not any(one.key for one in now))


def _looked_at_again(asking: _Asking, row: Integration, pair: Detail, sides: set[Side]) -> bool:
    """Whether a pair is looked at again by itself on all these sides, because it changed lately."""
    if not sides or pair.state != "linked" or pair.synced_at is None or asking.moment - pair.synced_at > LATELY:
        return False
    kinds = {asking.ends[row.document.side(side).connection].kind for side in sides}
    able = {one.kind for one in registry.manifests() if one.capabilities.silent_edits}
    return kinds <= able


def _of_hold(asking: _Asking, hold: HoldRow) -> Subject:
    row, side = asking.rows[hold.integration], Side(hold.side)
    now: tuple[Now, ...] = ()
    if asking.asks(row):
        now = (_looked_for(asking, row, side, hold.item_id, hold.item_key or hold.item_id).asked.now,)
    told = quiet(hold) if asking.discreet and restricted(None, now) else hold
    situation = _situation(asking, row, held=_held(told), gone=tuple(one.name for one in now if one.gone))
    key = hold.item_key or hold.item_id
    with asking.scope.reading() as tx:
        lines = history.events_named(tx, (key,), _LINES)
    return _subject(asking, row, situation, key, (hold,), lines, now=now)


def _ask_around(asking: _Asking, known: Sequence[Subject]) -> _Told:
    """Ask every app that an integration looks at whether it has the item.

    Where something answers to the key already, only a bare number is asked for, and only on the sides where nothing
    does: it can be an item there as well.
    """
    told = _Told()
    number = asking.meant.bare and asking.meant.pair.removeprefix("#").isdigit()
    if known and not number:
        return told
    for row in asking.rows.values():
        for side in Side if asking.asks(row) else ():
            connection = asking.ends[row.document.side(side).connection]
            if any(_answers(asking, row, side, one) for one in known):
                continue
            for word in asking.meant.askable(row, side, connection.kind):
                told.asked = True
                found = _looked_for(asking, row, side, word, word)
                if found.asked.now.problem:
                    told.problems.append(f"{connection.name}: {found.asked.now.problem}")
                    break
                if not found.asked.now.gone:
                    told.subjects.append(_unpaired(asking, row, found.asked, found.rule))
                    break
    return told


@dataclass(frozen=True, slots=True)
class _Found:
    """What an app says of an item without a twin, as far as who asks may know it, and the rule that leaves it out."""

    asked: Asked
    rule: str = ""


def _looked_for(asking: _Asking, row: Integration, side: Side, item_id: str, key: str) -> _Found:
    """Ask for an item without a twin. What is outside of the integration's scope has no values for anybody.

    Viewers are told of it as of what is not there, and for them, and for a draft, nothing is read that is not in its
    container. For them what the rules rest on is asked before the item: so both take as long.
    """
    name, container = asking.name(row, side), row.document.side(side).container
    if asking.viewer and isinstance(unknown := asking.mapping(row), str):
        return _Found(Asked(Now(side, name, problem=unknown)))
    strict = asking.viewer or row.state is IntegrationState.DRAFT
    there = ask(asking.scope, asking.apps, row, side, name, item_id, container=container if strict else "")
    if there.item is None:
        return _Found(there if not (asking.viewer and there.of_item) else Asked(Now(side, name, gone=True)))
    mapping = asking.mapping(row)
    if isinstance(mapping, str):
        doubt = f"Whether a rule leaves it out could not be found out: {mapping}"
        return _Found(without_values(there, key), doubt)
    rule = rule_against(mapping, side, there.item)
    if not rule.outside:
        return _Found(there, rule.why)
    if asking.viewer:
        return _Found(Asked(Now(side, name, gone=True)))
    return _Found(without_values(there, key), rule.why)


def _unasked(asking: _Asking) -> str:
    """Why apps were not asked, where they would have been for somebody else."""
    names = [f"“{one.name}”" for one in asking.rows.values() if asking.live and not asking.asks(one)]
    if not names:
        return ""
    return (
        f"The apps of {' and '.join(names)} were not asked, because no administrator has allowed it for people who may"
        " only look. What you read here is what Lockstep has stored."
    )


def _answers(asking: _Asking, row: Integration, side: Side, subject: Subject) -> bool:
    """Whether the item of that side is explained already."""
    if subject.integration != row.id:
        return False
    names = [(one.item_id, one.item_key) for one in subject.holds if one.side == side.value]
    if subject.pair is not None:
        there = subject.pair.left if side is Side.LEFT else subject.pair.right
        names += [(there.id, there.key)] if there is not None else []
    return any(asking.concerns(row.id, side, *one) for one in names)


def _unpaired(asking: _Asking, row: Integration, there: Asked, rule: str) -> Subject:
    now = there.now
    situation = _situation(asking, row, rule=rule, seen_on=now.name, passed=not there.listed)
    return _subject(asking, row, situation, now.key, (), (), now=(now,))


def _held(hold: HoldRow | None) -> Held | None:
    if hold is None:
        return None
    return Held(hold.kind, hold.reason, hold.words, hold.attempts, hold.due_at)  # type: ignore[arg-type]  # a kind


def _situation(asking: _Asking, row: Integration, **more: object) -> Situation:
    stopped = row.problem
    if row.outcome:
        stopped = f"the migration “{row.name}” has come through."
    elif row.state.value != "running":
        stopped = f"the integration “{row.name}” is {row.state.value}."
    return Situation(asking.moment, row.name, next_look=asking.next_look, stopped=stopped, **more)  # type: ignore[arg-type]


def _subject(
    asking: _Asking,
    row: Integration,
    situation: Situation,
    key: str,
    holds: tuple[HoldRow, ...],
    lines: tuple[EventRow, ...],
    *,
    pair: Detail | None = None,
    now: tuple[Now, ...] = (),
    unresolved: tuple[OpenStep, ...] = (),
) -> Subject:
    due = min((one.due_at for one in holds if one.due_at is not None), default=None)
    run_ids = list(dict.fromkeys(one.run for one in lines if one.run is not None))[:_RUNS]
    with asking.scope.reading() as tx:
        ahead = finding.ahead(tx, row.id, due) if due is not None else 0
        runs = history.runs_by_id(tx, run_ids)
    said = sentence(situation)
    return Subject(said, row.id, row.name, key, pair, holds, ahead, due, now, unresolved, runs, lines)


def _whole(asking: _Asking, subjects: Sequence[Subject], told: _Told, lines: Sequence[EventRow]) -> str:
    if len(subjects) == 1:
        return subjects[0].sentence
    if subjects:
        return f"{len(subjects)} items answer to this; each is explained below."
    if told.problems:
        return "Lockstep knows no such item, and not every app could be asked whether it has it."
    if lines:
        return f"Lockstep knows no such item any more. The last that is on record: {lines[0].summary}"
    places = [
        f"“{row.name}” looks only at {' and '.join(_place(asking, row, side) for side in Side)}."
        for row in asking.rows.values()
    ]
    if not places:
        return "Lockstep knows no such item: there is no integration yet."
    asked = "" if any(map(asking.asks, asking.rows.values())) else " The apps themselves were not asked."
    return f"Lockstep knows no such item. {' '.join(places)}{asked}"


def _place(asking: _Asking, row: Integration, side: Side) -> str:
    return f"“{row.document.side(side).container}” of {asking.name(row, side)}"
