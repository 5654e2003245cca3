"""The bases of all schemas, and problems; unknown keys are refused, so that a misspelt one is never silently lost."""

from __future__ import annotations

from functools import cache
from typing import Any, Final

from pydantic import BaseModel, ConfigDict

LARGEST: Final = 2**63 - 1
"""The largest number that a row can have."""


class Reply(BaseModel):
    """What the server says; made from values of the services by their attributes."""

    model_config = ConfigDict(extra="forbid", frozen=True, from_attributes=True)


class Query(BaseModel):
    """The query or path of a request."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @classmethod
    def model_json_schema(cls, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """The schema; kept, because the web framework asks for it at every request."""
        return super().model_json_schema(*args, **kwargs) if args or kwargs else _schema(cls)


@cache
def _schema(query: type[Query]) -> dict[str, Any]:
    return super(Query, query).model_json_schema()


class Body(BaseModel):
    """The body of a request."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


class Problem(Reply):
    """Every error (4xx, 5xx), as ``application/problem+json``: a sentence, and the field it is about."""

    title: str
    status: int
    detail: str
    field: str | None = None


class Done(Reply):
    """The request was carried out and there is nothing more to say."""

    ok: bool = True
