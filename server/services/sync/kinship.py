"""Before an item is copied: whether the other container holds a twin of the same original already, whoever made it.

Such an item is paired with it, where that twin is one that this integration made (before a restore, or under a former
name), else it is left alone and says whose twin it is. What an app has no place to say is told by this tenant's other
integrations; where nobody can tell, two items that read alike are left to a person. It must not write to an app.

What a kill -9 leaves behind: rows that say what is in a container, and whole pairs of items that belonged together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from server.domain.errors import AppError, Gone
from server.domain.item import Item, Side
from server.domain.lineage import Lineage, alike, lineage, maker_of
from server.domain.pair import Pair, PairState
from server.domain.rules import Precedence
from server.domain.values import FieldKind
from server.engine.filters import makes_none, outside
from server.engine.likeness import reads_the_same
from server.engine.mapping import CompiledType
from server.services.places import who_else
from server.services.sync import births, joining, makings
from server.services.sync.followed import follow
from server.services.sync.makings import MadeElsewhere
from server.services.sync.recovery import NotYetKnown
from server.services.sync.work import Look, Work
from server.store import events, holds, journal, kin, lease, pairs
from server.store.events import Event
from server.store.kin import Kin

_FEW = 5
"""So many items of one title are compared with one that would be copied."""
_SOON = 2.0
"""Seconds: by then an item that has just arrived is found by its correlation id."""


@dataclass(frozen=True, slots=True)
class _Relation:
    """Whose twin a stranger is. ``twin``: the item in the other container; ``why``: the sentence that follows.

    ``pair``: the correlation id by which the two are paired again (empty: they are left alone).
    """

    twin: str
    why: str
    pair: str = ""


@dataclass(slots=True)
class _Page:
    """What was found out for the strangers of one side; lives only within one call of ``trace``.

    ``said``: what each one's correlation id says (None: it is an original); ``found``: whose twin it is; ``alike``:
    what has its title, and is its twin if the texts say the same. All by item.
    """

    side: Side
    looks: list[Look]
    place: str
    there: str
    said: dict[str, Lineage | None] = field(default_factory=dict)
    found: dict[str, _Relation] = field(default_factory=dict)
    alike: dict[str, list[Kin]] = field(default_factory=dict)

    def open(self) -> list[tuple[Look, Item]]:
        """Those of whom nothing is known yet."""
        found, failed = self.found, (one.item_id for one in self.looks if one.failure is not None)
        over = found.keys() | set(failed)
        return [(one, one.item) for one in self.looks if one.item is not None and one.item_id not in over]


def trace(work: Work, looks: Sequence[Look]) -> list[Look]:
    """Find out for each item that would be copied whether it may be; the looks that go on.

    Sets ``root`` of each, and ``kin`` of those that are left alone. An item that is paired with its old twin goes no
    further: the pair has a time of its own. Of each that goes on it is said from now on that its twin is being made, in
    time before the container is looked at (``makings``); who has to wait for another has that as its failure.
    """
    done: set[tuple[Side, str]] = set()
    for side in Side:
        strangers = [one for one in looks if one.side is side and _would_be_copied(work, one)]
        if not strangers:
            continue
        try:
            done |= _trace(work, side, strangers)
        except AppError as error:
            for one in strangers:
                one.failure = one.failure or error
    return [one for one in looks if (one.side, one.item_id) not in done]


def _would_be_copied(work: Work, one: Look) -> bool:
    if one.failure is not None or one.item is None or one.type is None:
        return False
    if one.pair is not None and not _gets_none_yet(one, one.pair):
        return False
    return not (outside(work.mapping, one.side, one.item, paired=False) or makes_none(work.mapping, one.side, one.type))


def _gets_none_yet(one: Look, pair: Pair) -> bool:
    """Whether a pair was reserved, and is known to have no twin: its create was refused, or never arrived."""
    return pair.state is PairState.RESERVED and pair.origin is one.side and pair.on(one.side.other).item_id is None


def _trace(work: Work, side: Side, strangers: list[Look]) -> set[tuple[Side, str]]:
    page = _Page(side, strangers, births.place(work, side), births.place(work, side.other))
    marked = [one for one in strangers if one.item is not None and lineage(one.item.marker) and not one.copied]
    if marked:
        births.read_on(work, side, page.place)
        births.know_copies(work, side, marked)
    for one, item in page.open():
        page.said[one.item_id] = said = None if one.copied else lineage(item.marker)
        one.root = said.root if said is not None else births.root_of(page.place, item)
    _begin(work, page)
    births.read_on(work, side.other, page.there)
    _by_root(work, page)
    _by_other_integrations(work, page)
    _by_title(work, page)
    return _settle(work, page)


def _begin(work: Work, page: _Page) -> None:
    """Say of each item that its twin is being made, and let those wait whose twin somebody else makes."""
    members = follow(work, page.side, [one.item_id for one, _ in page.open()]).members
    names = {
        one.item_id: makings.names_of(
            page.there, one, alike(title_of(one.type, page.side, item)) if one.type else "", members[one.item_id]
        )
        for one, item in page.open()
    }
    wait = makings.begin(work, page.side, page.there, names)
    for one in page.looks:
        if one.item_id in wait:
            one.failure = MadeElsewhere(one.key, work.end(page.side.other).name)


# By what correlation ids say


def _by_root(work: Work, page: _Page) -> None:
    """Find the members of the same lineage in the other container, by their correlation ids and by our own pairs'."""
    there, roots = page.side.other, {one.root for one in page.looks if one.root is not None}
    with work.scope.reading() as tx:
        members = kin.by_root(tx, births.realm_of(work, there), roots)
        ours = kin.of_pairs(tx, work.integration, there, roots)
        ids = [one.id for several in members.values() for one in several]
        paired = pairs.by_items(tx, work.integration, there, ids)
        carried = [one.marker for several in members.values() for one in several]
        carried += [item.marker for one, item in page.open() if page.said[one.item_id] is not None]
        owners = kin.owners(tx, [one for one in carried if one is not None])
    for one, item in page.open():
        said = page.said[one.item_id]
        kind_of = [each for each in members.get(one.root or 0, ()) if said is not None or each.marker is not None]
        known = ours.get(one.root or 0)
        if one.pair is not None and any(each.marker == one.pair.id for each in kind_of):
            one.failure = NotYetKnown(_SOON)  # our own create has arrived after all
        elif kind_of:
            twin = kind_of[0]
            pair = paired.get(twin.id)
            if pair is not None:
                page.found[one.item_id] = _doubles(work, page.side, item, twin.key, pair.on(page.side).key, twin.id)
            else:
                page.found[one.item_id] = _related(work, page, item, twin, owners)
        elif known is not None:
            page.found[one.item_id] = _doubles(work, page.side, item, known.twin_key, known.item, known.twin_id)
        elif said is not None and said.maker == work.maker and item.marker not in owners:
            app = work.end(there).name
            why = f"{item.key} is a twin that this integration made, and its original is not in {app} any more"
            page.found[one.item_id] = _Relation("", f"{why}, so it is not copied back.")


def _related(work: Work, page: _Page, item: Item, twin: Kin, owners: Mapping[str, str]) -> _Relation:
    """What becomes of a stranger and the member of its lineage in the other container, which has no pair either."""
    said, theirs = page.said[item.id], lineage(twin.marker)
    copy = theirs or said
    carried = twin.marker if theirs is not None else item.marker
    one_is_the_original = (said is None) is not (theirs is None)
    if copy is None or carried is None:
        raise TypeError("of two items of one lineage one carries a correlation id")
    if one_is_the_original and carried not in owners and _is_nobodys(work, copy):
        why = f"{item.key} is there already: {twin.key} in {work.end(page.side.other).name} is its twin."
        return _Relation(twin.id, why, carried)
    name = next((one.name for one in work.beside if one.integration == owners.get(carried)), "")
    return _Relation(twin.id, _left_alone(work, page.side, item.key, twin.key, name))


def _is_nobodys(work: Work, said: Lineage) -> bool:
    """Whether no integration but this one can be the maker: it is ours, or this tenant's and was deleted since."""
    if said.maker is None or said.maker == work.maker:
        return said.maker is not None
    living = {maker_of(work.scope.id, one.integration).number for one in work.beside}
    return said.maker.lockstep == work.maker.lockstep and said.maker.number not in living


def _left_alone(work: Work, side: Side, key: str, twin: str, integration: str) -> str:
    who = f"the integration “{integration}”" if integration else "another integration"
    return f"{key} is the twin of {twin} in {work.end(side.other).name} by {who}, so it is not copied."


def _doubles(work: Work, side: Side, item: Item, twin_key: str, key: str, twin: str) -> _Relation:
    """Two items of one side are of the same original, and one has the twin: they were made at the same moment."""
    here, there = work.end(side).name, work.end(side.other).name
    why = (
        f"{item.key} comes from the same item as {key} in {here}, whose twin is {twin_key} in {there}, so it is not "
        f"copied. If two integrations made both at the same moment, delete {item.key} in {here}."
    )
    return _Relation(twin, why)


# By what this tenant's other integrations know


def _by_other_integrations(work: Work, page: _Page) -> None:
    """Find who has a twin in the other container by the pairs of this tenant's other integrations."""
    if not work.beside:
        return
    keys = {one.item_id: item.key for one, item in page.open()}
    for item_id, twin in follow(work, page.side, keys).reached.items():
        why = _left_alone(work, page.side, keys[item_id], twin.twin_key, twin.integration)
        page.found[item_id] = _Relation(twin.twin_id, why)


# Where nobody can tell


def _by_title(work: Work, page: _Page) -> None:
    """Leave to a person what reads like an item of the other container, where one of the two may be anybody's twin.

    That is one that our account made and nobody here knows, in an app without a place for the correlation id, or one
    that carries an id from before: there the title is enough. In such an app it may be one of any account's, and what
    is a twin of something may have come round through such an app: there the texts must say the same, too
    (``_settle``), and somebody else must be known to be at work. What has a pair here is none.
    """
    there = page.side.other
    mute = {side: not work.end(side).connector.marks(work.mapping.shape(side).container) for side in Side}
    titles = {one.item_id: alike(title_of(one.type, page.side, item)) for one, item in page.open() if one.type}
    if not any(titles.values()):
        return
    with work.scope.reading() as tx:
        named = kin.by_title(tx, births.realm_of(work, there), {one for one in titles.values() if one})
        several = [one for some in named.values() for one in some]
        if not several:
            return
        paired = pairs.by_items(tx, work.integration, there, [one.id for one in several])
        owners = kin.owners(tx, [one.marker for one in several if one.marker])
        doubt = journal.first_doubt(tx, work.integration, there)
    company: bool | None = None
    for one, item in page.open():
        said = page.said[one.item_id]
        unsure = _may_be_a_twin(item.own, said, mute[page.side])
        free = [
            each
            for each in named.get(titles.get(one.item_id, ""), ())
            if each.id not in paired
            and (each.marker or "") not in owners
            and (doubt is None or each.made_at < doubt)
            and (there, each.id) not in work.made
        ]
        twin = next(
            (each for each in free if unsure or _may_be_a_twin(each.own, lineage(each.marker), mute[there])), None
        )
        if twin is not None:
            page.found[one.item_id] = _Relation(twin.id, _reads_alike(work, page.side, item, twin))
        elif said is not None:
            page.alike[one.item_id] = free[:_FEW]
        else:
            company = company if company is not None or not free else any(mute.values()) and _in_company(work)
            page.alike[one.item_id] = [each for each in free if company or each.marker is not None][:_FEW]


def _in_company(work: Work) -> bool:
    """Whether anybody else may have copied items into one of the two containers, as far as it can be seen.

    That is another integration of this tenant, another tenant of the cluster, or what left its correlation ids there.
    Where nobody is seen, people who call two items the same have made two.
    """
    mine = {(work.apps[side], work.mapping.shape(side).container) for side in Side if side in work.apps}
    if any(end in mine for other in work.beside for end in other.ends.values()) or who_else(work.scope, work.mapping):
        return True
    with work.scope.reading() as tx:
        return any(kin.holds_strangers(tx, births.realm_of(work, side)) for side in Side)


def _may_be_a_twin(own: bool, said: Lineage | None, mute: bool) -> bool:  # noqa: FBT001 - what is known of an item
    return (own and mute) if said is None else said.maker is None


def title_of(type_: CompiledType, side: Side, item: Item) -> str:
    """What people call an item: its first short text that travels."""
    names = [one.spec(side).id for one in type_.fields if one.spec(side).kind is FieldKind.TEXT]
    return str(item.fields.get(names[0]) or "") if names else ""


def _reads_alike(work: Work, side: Side, item: Item, twin: Kin) -> str:
    here, there = work.end(side).name, work.end(side.other).name
    return (
        f"{item.key} in {here} reads like {twin.key} in {there}, and one of the two was made by a Lockstep that is not "
        "known here, which left no word of whose twin it is; so it is not copied. If they are one, match the two; if "
        "they are not, give one another title."
    )


def _says_the_same(work: Work, side: Side, item: Item, twin: Item) -> str:
    here, there = work.end(side).name, work.end(side.other).name
    return (
        f"{item.key} in {here} says the same as {twin.key} in {there}, in its title and its texts, and it may have "
        "come through an app that keeps no word of whose twin an item is; so it is not copied. If they are one, match "
        "the two; if they are not, give one another title."
    )


def _reading_the_same(work: Work, page: _Page, one: Look, answers: Mapping[str, Item | AppError | None]) -> str:
    """The sentence on the item of the other container that reads the same; empty: none does."""
    if one.item is None or one.type is None:
        return ""
    for each in page.alike.get(one.item_id, ()):
        twin = answers.get(each.id)
        if not isinstance(twin, Item) or twin.container != work.mapping.shape(page.side.other).container:
            continue
        left, right = (one.item, twin) if page.side is Side.LEFT else (twin, one.item)
        if reads_the_same(one.type, left, right):
            return _says_the_same(work, page.side, one.item, twin)
    return ""


# What follows


def _settle(work: Work, page: _Page) -> set[tuple[Side, str]]:
    """Make sure that each twin is there still, pair what is to be paired, and say why the rest is left alone."""
    wanted = {one.twin for one in page.found.values() if one.twin}
    wanted |= {each.id for several in page.alike.values() for each in several}
    connector = work.end(page.side.other).connector

    def fetch(item_id: str) -> Item | AppError | None:
        try:
            return connector.fetch(item_id)
        except Gone:
            return None
        except AppError as error:
            return error

    answers = dict(zip(sorted(wanted), work.pool.map(fetch, sorted(wanted)), strict=True))
    done: set[tuple[Side, str]] = set()
    taken: set[str] = set()
    for one in page.looks:
        relation = page.found.get(one.item_id)
        if relation is None:
            one.kin = _reading_the_same(work, page, one, answers)
            continue
        twin = answers.get(relation.twin)
        if isinstance(twin, AppError):
            one.failure = twin
        elif relation.twin and (twin is None or twin.container != work.mapping.shape(page.side.other).container):
            with work.scope.reading() as tx:
                kin.forget(tx, births.realm_of(work, page.side.other), [relation.twin])
        elif relation.pair and one.pair is None and twin is not None and not work.dry and relation.twin not in taken:
            taken.add(relation.twin)
            if _pair(work, one, twin, relation.pair):
                done |= {(one.side, one.item_id), (one.side.other, twin.id)}
        else:
            one.kin = relation.why
    return done


def _pair(work: Work, one: Look, twin: Item, pair: str) -> bool:
    """Pair an item with its old twin, in one commit; the next live pass brings the two in step."""
    left, right = (one.item, twin) if one.side is Side.LEFT else (twin, one.item)
    if left is None or right is None:
        return False
    type_ = work.mapping.type_of(Side.LEFT, left.type, right.type)
    if type_ is None or type_.right != right.type:
        one.kin = f"{one.key} is the twin of {twin.key}, and their types are not mapped to each other."
        return False
    joined = joining.as_pair(work, type_, (left, right), Precedence.FILL, pair)
    name = f"{work.left.name} {left.key} and {work.right.name} {right.key}"
    said = Event("joined", f"{name} were twins before and are kept in step again", pair, one.side, one.item_id, one.key)
    run_id = work.begin_run()
    with work.scope.transaction() as tx:
        lease.check_fence(tx, work.epoch)
        pairs.reserve(tx, work.integration, [joined.pair])
        pairs.save_comments(tx, [(pair, each) for each in joined.pair.comments])
        pairs.save_attachments(tx, [(pair, each) for each in joined.pair.attachments])
        events.add(tx, work.integration, run_id, [said])
        events.add_conflicts(tx, [(pair, each) for each in joined.conflicts])
        holds.clear(tx, work.integration, [(side, joined.pair.on(side).item_id or "") for side in Side])
        holds.put(tx, work.integration, [joining.soon(joined.pair)])
    work.run.counts["joined"] += 1
    return True
