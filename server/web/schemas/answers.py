"""What is told of a question to an app while its answer is waited for."""

from __future__ import annotations

from pydantic import Field

from server.web.schemas.base import Query, Reply


class AnswerPath(Query):
    """Names a question by what ``Waiting`` said of it."""

    id: str = Field(min_length=1, max_length=64)


class Waiting(Reply):
    """An app is being asked; ask for ``answer`` until it has come.

    ``answer`` is the path of the answer below the tenant's address; ``asking`` the app that is waited for, by its
    connection's name (empty: none yet); ``seconds`` for how long.
    """

    answer: str
    asking: str
    seconds: float
