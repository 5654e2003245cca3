"""What can be done to the thing selected, and what to ask first; it must not do it."""

from __future__ import annotations

from dataclasses import dataclass

from gui.client import ClusterStatus, Health, MemberStatus, Status, TenantStatus, TenantVerb, Verb

_POSSIBLE: dict[Health, frozenset[Verb]] = {
    Health.STARTING: frozenset({Verb.STOP}),
    Health.RUNNING: frozenset({Verb.STOP, Verb.RESTART}),
    Health.UNHEALTHY: frozenset({Verb.STOP, Verb.RESTART}),
    Health.BACKOFF: frozenset({Verb.START, Verb.STOP}),
    Health.STOPPING: frozenset(),
    Health.STOPPED: frozenset({Verb.START}),
}


@dataclass(frozen=True, slots=True)
class Question:
    """What to ask before something is interrupted. ``typed``: the word to type first, for what cannot be undone."""

    title: str
    text: str
    button: str
    typed: str = ""


def member(status: Status | None, key: str | None) -> MemberStatus | None:
    """The member that ``key`` names in the table, None if nothing is selected or it is gone."""
    return next((m for m in status.members if m.name == key), None) if status else None


def cluster(status: Status | None, key: str | None) -> ClusterStatus | None:
    """The cluster of the selected row, be it the cluster's own row or one of its tenants'."""
    if status is None or key is None:
        return None
    name = key.partition(":")[2].partition("/")[0]
    return next((c for c in status.clusters if c.name == name), None)


def tenant(status: Status | None, key: str | None) -> TenantStatus | None:
    """The tenant of the selected row, None if it is a cluster's row or gone."""
    if status is None or key is None or not key.startswith("tenant:"):
        return None
    return next((t for c in status.clusters for t in c.tenants if f"tenant:{t.cluster}/{t.name}" == key), None)


def verbs_of(thing: MemberStatus | ClusterStatus | None) -> frozenset[Verb]:
    """Which of start, stop and restart make sense now."""
    return _POSSIBLE[thing.health] if thing is not None else frozenset()


def before_member(verb: Verb, name: str, status: Status) -> Question | None:
    """What to ask before ``verb`` is done to member ``name``; None if it interrupts nothing."""
    if verb is Verb.START:
        return None
    again = "until it has started again" if verb is Verb.RESTART else "until you start it again"
    if name == "postgres":
        hit = [c.name for c in status.clusters if c.database == "embedded"]
        what = f"{_listed(hit, 'cluster')} will not answer and not synchronise {again}." if hit else ""
    elif name == "gateway":
        what = f"Nobody reaches any tenant's panel or API {again}; synchronisation goes on."
    elif name.endswith("/web"):
        what = f"Nobody reaches the panels and the API of {name.removesuffix('/web')} {again}."
    else:
        what = f"The tenants of {name.split('/', maxsplit=1)[0]} are not synchronised {again}."
    return Question(
        f"{verb.capitalize()} {name}?",
        f"{what} Nothing is lost: what changes meanwhile is carried over afterwards.".strip(),
        verb.capitalize(),
    )


def before_cluster(verb: Verb, thing: ClusterStatus) -> Question | None:
    """What to ask before ``verb`` is done to a cluster; None if it interrupts nothing."""
    if verb is Verb.START:
        return None
    again = "until it has started again" if verb is Verb.RESTART else "until you start it again"
    whom = f"{len(thing.tenants)} tenants" if len(thing.tenants) > 1 else "the tenant" if thing.tenants else "nobody"
    return Question(
        f"{verb.capitalize()} cluster {thing.name}?",
        f"This interrupts {whom}: no panel, no API and no synchronisation {again}. "
        "Nothing is lost: what changes meanwhile is carried over afterwards.",
        verb.capitalize(),
    )


def before_tenant(verb: TenantVerb, thing: TenantStatus) -> Question | None:
    """What to ask before a tenant is suspended; None for resuming it."""
    if verb is TenantVerb.RESUME:
        return None
    return Question(
        f"Suspend {thing.name}?",
        f"{thing.title or thing.name} is no longer synchronised and its users cannot sign in until you resume it. "
        "Its data stays as it is.",
        "Suspend",
    )


def before_delete(thing: TenantStatus) -> Question:
    """What to ask before a tenant is deleted for good."""
    return Question(
        f"Delete {thing.name} for good?",
        f"All settings, pairs and history of {thing.title or thing.name} in cluster {thing.cluster} are removed and "
        "cannot be brought back. The items in the apps themselves are not touched.",
        "Delete tenant",
        typed=thing.name,
    )


def before_stop_appliance(status: Status | None) -> Question:
    """What to ask before the whole appliance is stopped."""
    tenants = sum(len(c.tenants) for c in status.clusters) if status else 0
    whom = f"None of the {tenants} tenants is" if tenants > 1 else "The tenant is not" if tenants else "Nothing is"
    return Question(
        "Stop the appliance?",
        f"{whom} reachable or synchronised until it is started again. "
        "Nothing is lost: what changes meanwhile is carried over afterwards.",
        "Stop appliance",
    )


def _listed(names: list[str], kind: str) -> str:
    return f"{kind.capitalize()} {names[0]}" if len(names) == 1 else f"{kind.capitalize()}s {', '.join(names)}"
