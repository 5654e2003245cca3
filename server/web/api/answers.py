"""The answers to what people had apps asked; whoever asked fetches them here, and nobody else."""

from __future__ import annotations

from flask import Response

from server.web.asking import answered
from server.web.resource import Resource
from server.web.schemas.answers import AnswerPath, Waiting
from server.web.visit import Visit

resource = Resource("answers")


@resource.get("/answers/<id>", Waiting, status=202)
def get_answer(visit: Visit, path: AnswerPath) -> Response:
    """What was answered, as if it had been answered at once, its status and problems included; 202 until then."""
    question = visit.node.questions.find(path.id, visit.scope.id, visit.who.user_id)
    if question.asker.admin:
        visit.who.may_change()
    return answered(question)
