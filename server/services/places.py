"""Which other tenants of the cluster work on an integration's containers; it must not tell who they are.

The control schema knows of containers by hashes alone. A kill in between leaves it unsaid until it is asked again: when
the integration is saved or started, and every ten minutes while it runs (``services/sync/company``).
"""

from __future__ import annotations

from collections.abc import Mapping

from server.domain.item import Side
from server.engine.mapping import Mapping as Compiled
from server.engine.mapping import SideShape
from server.services.scope import TenantScope
from server.store import places


def work_here(scope: TenantScope, integration: str, mapping: Compiled) -> str:
    """Write down where the integration works; the sentence on who else does (empty: nobody)."""
    shapes = _by_place(mapping)
    with scope.database.control() as control:
        return _said(shapes, places.put(control, scope.id, integration, shapes))


def who_else(scope: TenantScope, mapping: Compiled) -> str:
    """The same sentence, as things are now; nothing is written."""
    shapes = _by_place(mapping)
    with scope.database.control() as control:
        return _said(shapes, places.others(control, scope.id, shapes))


def _by_place(mapping: Compiled) -> dict[str, SideShape]:
    return {shape.place: shape for shape in map(mapping.shape, Side)}


def _said(shapes: Mapping[str, SideShape], shared: set[str]) -> str:
    named = " and ".join(f"“{one.container}” in {one.name}" for place, one in shapes.items() if place in shared)
    if not named:
        return ""
    said = (
        f"Another tenant of this cluster keeps items of {named} in step, too. What it has copied counts as there "
        "already and is not copied again; a dry run says how many that are."
    )
    mute = " and ".join(dict.fromkeys(one.name for place, one in shapes.items() if place in shared and not one.marks))
    if not mute:
        return said
    return (
        f"{said} In {mute} only as long as title and text say the same, for nothing there says whose twin an item is: "
        "the test of the connection says what to set up."
    )
