"""Says what will work less well with a connection to Redmine, in sentences; it must not refuse anything."""

from __future__ import annotations

from server.connectors.lineage import unknown_to_others
from server.connectors.redmine.learned import Learned, app_user
from server.connectors.redmine.read import Json


def warnings(learned: Learned, user: Json, marker_wish: str) -> tuple[str, ...]:
    """All that an administrator may want to put right, none of it in the way of syncing."""
    return (*_on_marker(learned, marker_wish), *_on_roles(learned, user))


def _on_marker(learned: Learned, wish: str) -> tuple[str, ...]:
    if not wish:
        said = (
            "No field holds the correlation id. An issue whose creation was cut off is looked for by author, time, "
            f"subject and description instead. {unknown_to_others('Redmine', 'issue')} A text custom field, “used as a "
            "filter” and “for all projects”, makes both certain."
        )
        return (said,)
    number = learned.marker("")
    if number is None:
        said = (
            f"The custom field “{wish}” for the correlation id is not known yet. Only an administrator's key sees "
            "custom fields before an issue shows them; its number would do as well."
        )
        return (said,)
    if not learned.marker_filters(number):
        said = (
            f"Redmine does not filter by the custom field “{wish}”. Tick “Used as a filter” and “For all projects” at "
            "the field, so that an issue is found by its correlation id."
        )
        return (said,)
    return ()


def _on_roles(learned: Learned, user: Json) -> tuple[str, ...]:
    without = [
        str(one["project"]["name"])
        for one in user.get("memberships", ())
        if not learned.keeps_private_for(user, str(one["project"]["id"]))
    ]
    if not without:
        return ()
    said = (
        f"Private notes stay behind in {', '.join(without)}: {app_user(user).name} lacks “View private notes” or “Set "
        "notes as private” there."
    )
    return (said,)
