"""How much one run may delete or overwrite before a person has to look; it must not stop anything itself."""

from __future__ import annotations

from dataclasses import dataclass

from server.domain.rules import GuardRules


@dataclass(frozen=True, slots=True)
class Harm:
    """What a run does that cannot simply be done again: pairs that part, twins whose fields are overwritten."""

    parted: int = 0
    rewritten: int = 0

    def __add__(self, more: Harm) -> Harm:
        return Harm(self.parted + more.parted, self.rewritten + more.rewritten)


def too_much(rules: GuardRules, pairs: int, harm: Harm) -> str:
    """Why a run that does ``harm`` among ``pairs`` pairs must stop, as a sentence; empty while it may go on."""
    for count, share, what in (
        (harm.parted, rules.partings, "end, because their items are gone or left the scope"),
        (harm.rewritten, rules.rewrites, "be overwritten"),
    ):
        if count > max(rules.least, pairs * share // 100):
            return (
                f"The run was stopped before it went on: {count} of {pairs} pairs would {what}, and the integration "
                f"allows {share} percent. Look at what happened in the apps. If all is as it should be, release the "
                "integration: the next run then goes on."
            )
    return ""
