"""The errors of the console, each a sentence that the window can show as it is; it knows neither Qt nor the agent."""

from __future__ import annotations


class Trouble(Exception):
    """Something that could not be done. ``message`` says what, to which thing, and what to do next."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class NotRunning(Trouble):
    """No agent answers for this data folder."""


class Cancelled(Exception):
    """The person asked to stop; not an error, so it carries no sentence."""


def sentence_of(error: BaseException) -> str:
    """What to show for ``error``: its own sentence, or one that names an error nobody foresaw."""
    if isinstance(error, Trouble):
        return error.message
    return (
        f"The console met an error it did not expect ({type(error).__name__}: {error}). "
        "Nothing was changed by the window itself; press F5 to see how things stand."
    )
