"""Judges how both trackers stand after a storm, by what people wrote down; it must not ask any app."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from tests.storm.diary import Diary, token_of
from tests.support import compare
from tests.support.compare import SYNC, Rows, Stored


@dataclass(frozen=True, slots=True)
class Standing:
    """How both sides of an integration stand at the end.

    ``seen`` is what an outsider sees of each; ``later`` both sides once more after passes with nothing to do.
    ``record`` is all that the product has on record, as one text; ``recorded``: keys or ids of items with an open
    hold or conflict. ``creations``: how many lines of creation each pair has.
    """

    name: str
    left: Sequence[Stored]
    right: Sequence[Stored]
    later: tuple[Sequence[Stored], Sequence[Stored]]
    seen: tuple[str, str]
    markups: tuple[str, str]
    keeps_private: tuple[bool, bool]
    statuses: Rows
    priorities: Rows
    record: str
    recorded: frozenset[str]
    creations: dict[str, int]

    def side(self, name: str) -> Sequence[Stored]:
        """The items of one side."""
        return self.left if name == "left" else self.right


@dataclass(slots=True)
class Verdict:
    """What went wrong, a sentence for each; ``noted``: what differs, and is on record."""

    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    leaked: list[str] = field(default_factory=list)
    differing: list[str] = field(default_factory=list)
    echoed: list[str] = field(default_factory=list)
    unrecorded: list[str] = field(default_factory=list)
    noted: list[str] = field(default_factory=list)

    @property
    def faults(self) -> list[str]:
        """All sentences but the noted ones."""
        return [*self.lost, *self.doubled, *self.leaked, *self.differing, *self.echoed, *self.unrecorded]

    def counts(self) -> dict[str, int]:
        """How many of each."""
        kinds = ("lost", "doubled", "leaked", "differing", "echoed", "unrecorded", "noted")
        return {one: len(getattr(self, one)) for one in kinds}


def judge(standing: Standing, diary: Diary) -> Verdict:
    """Hold every promise against how both sides stand."""
    verdict = Verdict()
    _items(standing, diary, verdict)
    _titles(standing, diary, verdict)
    _remarks(standing, diary, verdict)
    _files(standing, diary, verdict)
    _values(standing, verdict)
    _secrets(standing, diary, verdict)
    _quiet(standing, verdict)
    verdict.unrecorded += [
        f"{standing.name}: {key} has {lines} lines of creation"
        for key, lines in standing.creations.items()
        if lines != 1
    ]
    return verdict


def _count(verdict: Verdict, what: str, found: int) -> None:
    if found < 1:
        verdict.lost.append(f"{what} is not there")
    elif found > 1:
        verdict.doubled.append(f"{what} is there {found} times")


def _items(standing: Standing, diary: Diary, verdict: Verdict) -> None:
    for side in ("left", "right"):
        there = Counter(token_of(one.title) for one in standing.side(side))
        for token, made_on in diary.items.items():
            if token in diary.hidden and made_on != side:
                continue
            _count(verdict, f"{standing.name}: {token} on the {side}", there[token])
        for token in there.keys() - diary.items.keys():
            verdict.doubled.append(f"{standing.name}: an item on the {side} that nobody made: “{token}”")


def _titles(standing: Standing, diary: Diary, verdict: Verdict) -> None:
    """The last title that was typed stands on both sides, or is on record."""
    shown = {side: {token_of(one.title): one.title for one in standing.side(side)} for side in ("left", "right")}
    typed = {one.token: one for one in sorted(diary.titles, key=lambda one: one.place)}
    for token, last in typed.items():
        here, there = shown["left"].get(token), shown["right"].get(token)
        if token in diary.hidden or here is None or there is None:
            continue
        if here != there:
            _differs(standing, verdict, token, f"“{here}” on the left is “{there}” on the right")
        if last.text != here and last.text not in standing.record:
            verdict.lost.append(f"{standing.name}: the title “{last.text}”, typed on the {last.side}, is “{here}”")


def _remarks(standing: Standing, diary: Diary, verdict: Verdict) -> None:
    for one in diary.remarks:
        for place, side in enumerate(("left", "right")):
            said = [
                comment
                for item in standing.side(side)
                if token_of(item.title) == one.token
                for comment in item.comments
                if one.word in comment.text
            ]
            stays = one.token in diary.hidden or (one.private and not standing.keeps_private[place])
            if side != one.side and stays:
                continue
            _count(verdict, f"{standing.name}: the comment {one.word} of {one.token} on the {side}", len(said))


def _files(standing: Standing, diary: Diary, verdict: Verdict) -> None:
    for one in diary.files:
        for side in ("left", "right"):
            if side != one.side and one.token in diary.hidden:
                continue
            there = [
                file
                for item in standing.side(side)
                if token_of(item.title) == one.token
                for file in item.files
                if file.digest == one.digest and file.name == one.name
            ]
            _count(verdict, f"{standing.name}: the file {one.name} of {one.token} on the {side}", len(there))


def _values(standing: Standing, verdict: Verdict) -> None:
    pairs = _pairs(standing)
    complaints = (
        *((pair, said) for pair in pairs for said in compare.values([pair], standing.statuses, standing.priorities)),
        *((pair, said) for pair in pairs for said in compare.texts([pair], standing.markups)),
    )
    for (left, right), said in complaints:
        if standing.recorded & {left.id, right.id}:
            verdict.noted.append(f"{standing.name}: {said}")
        else:
            verdict.differing.append(f"{standing.name}: {said}")


def _pairs(standing: Standing) -> list[tuple[Stored, Stored]]:
    theirs = {token_of(one.title): one for one in standing.right}
    return [(one, theirs[token]) for one in standing.left if (token := token_of(one.title)) in theirs]


def _differs(standing: Standing, verdict: Verdict, token: str, said: str) -> None:
    ids = {one.id for side in ("left", "right") for one in standing.side(side) if token_of(one.title) == token}
    (verdict.noted if standing.recorded & ids else verdict.differing).append(f"{standing.name}: {said}")


def _secrets(standing: Standing, diary: Diary, verdict: Verdict) -> None:
    for secret in diary.secrets():
        for side, seen in zip(("left", "right"), standing.seen, strict=True):
            if secret in seen and not (secret in diary.hidden and diary.items.get(secret) == side):
                verdict.leaked.append(f"{standing.name}: an outsider reads {secret} on the {side}")
        for side in ("left", "right"):
            public = [one for item in standing.side(side) for one in item.comments if not one.private]
            verdict.leaked += [
                f"{standing.name}: {secret} is public on the {side}" for one in public if secret in one.text
            ]


def _quiet(standing: Standing, verdict: Verdict) -> None:
    """Nothing is written when nobody works, and we have said nothing that nobody said."""
    for side, now, later in zip(("left", "right"), (standing.left, standing.right), standing.later, strict=True):
        before = {one.id: one for one in now}
        verdict.echoed += [
            f"{standing.name}: “{one.title}” was written on the {side} while nobody worked"
            for one in later
            if before.get(one.id) != one
        ]
    verdict.echoed += list(_echoes(standing))


def _echoes(standing: Standing) -> Iterator[str]:
    """Our copies on a side are at most as many as what people said on the other."""
    for left, right in _pairs(standing):
        for here, there, keeps in ((left, right, standing.keeps_private[1]), (right, left, standing.keeps_private[0])):
            said = [one for one in here.comments if one.author != SYNC and (keeps or not one.private)]
            copies = [one for one in there.comments if one.author == SYNC]
            if len(copies) > len(said):
                yield f"{standing.name}: “{there.title}” has {len(copies)} copies of {len(said)} comments"
