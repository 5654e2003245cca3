from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest

from server.domain.errors import NotAllowed, NotFound, PutRight, Unavailable
from server.services.errand import Busy
from server.web.questions import Answered, Asker, Question, Questions, Rules

ANN, BOB = Asker("t1", "ann", admin=False), Asker("t2", "bob", admin=False)
OK = Answered(200, "{}")


class Held:
    """Work that goes on until it is let go."""

    def __init__(self) -> None:
        self.let_go, self.begun = threading.Event(), threading.Semaphore(0)

    def __call__(self, _question: Question) -> Answered:
        self.begun.release()
        assert self.let_go.wait(10)
        return OK


@pytest.fixture
def held() -> Iterator[Held]:
    work = Held()
    yield work
    work.let_go.set()


def free(*_: bool) -> None:
    """Nothing stands in the way."""


def ask(crew: Questions, work: Callable[[Question], Answered], asker: Asker = ANN) -> Question:
    return crew.ask(asker, free, work)


def test_an_answer_is_kept_for_who_asked_and_for_nobody_else() -> None:
    crew = Questions()
    question = ask(crew, lambda _: Answered(201, '{"id": 1}'))
    assert question.wait(5)
    assert crew.find(question.id, "t1", "ann").answer() == Answered(201, '{"id": 1}')
    for tenant, user in (("t2", "ann"), ("t1", "bob"), ("t2", "bob")):
        with pytest.raises(NotFound, match="no such question"):
            crew.find(question.id, tenant, user)
    with pytest.raises(NotFound):
        crew.find("another", "t1", "ann")


def test_what_the_view_raised_is_raised_to_who_asked() -> None:
    def work(_: Question) -> Answered:
        raise PutRight("No such project.", field="container")

    question = ask(Questions(), work)
    assert question.wait(5)
    with pytest.raises(PutRight, match="No such project"):
        question.answer()


def test_a_tenant_has_few_at_once_some_wait_and_the_rest_is_told_so_at_once(held: Held) -> None:
    crew = Questions(Rules(tenant=2, waiting=3))
    every = [ask(crew, held) for _ in range(5)]
    assert held.begun.acquire(timeout=5)
    assert held.begun.acquire(timeout=5)
    with pytest.raises(Busy, match="2 questions to your apps") as refused:
        ask(crew, held)
    assert refused.value.retry_after > 0
    assert not held.begun.acquire(blocking=False)
    # Another tenant is not concerned.
    assert ask(crew, lambda _: OK, BOB).wait(5)
    held.let_go.set()
    assert all(one.wait(5) for one in every)
    assert crew.running("t1") == 0


def test_the_process_as_a_whole_has_a_bound(held: Held) -> None:
    crew = Questions(Rules(tenant=2, whole=3, line=1))
    for number in range(3):
        ask(crew, held, Asker(f"t{number}", "x", admin=False))
    waiting = ask(crew, held, Asker("t8", "x", admin=False))
    with pytest.raises(Busy):
        ask(crew, held, Asker("t9", "x", admin=False))
    assert not waiting.wait(0)


def test_few_are_at_one_app_and_a_turn_that_a_failure_kept_is_given_back(held: Held) -> None:
    crew = Questions(Rules(place=1, patience=0.05))

    def at_app(question: Question) -> Answered:
        question.turn("redmine", "Bugs")
        return held(question)

    first = ask(crew, at_app)
    assert held.begun.acquire(timeout=5)
    second = ask(crew, at_app)
    assert second.wait(5)
    with pytest.raises(Busy, match="Bugs is being asked 1 things"):
        second.answer()
    assert first.asking == "Bugs"
    held.let_go.set()
    assert first.wait(5)
    third = ask(crew, at_app)  # the first never gave its turn back by itself
    assert third.wait(5)
    assert third.answer() == OK


def test_a_question_that_nobody_waits_for_ends_and_its_place_is_free() -> None:
    crew = Questions(Rules(unheard=0.0))

    def work(question: Question) -> Answered:
        while True:
            question.still()

    question = ask(crew, work)
    assert question._done.wait(5)
    with pytest.raises(Unavailable, match="Nobody waited"):
        question.answer()
    assert crew.running("t1") == 0


def test_a_question_has_an_end_however_many_requests_it_takes() -> None:
    crew = Questions(Rules(seconds=0.0))

    def work(question: Question) -> Answered:
        question.still()
        return OK

    question = ask(crew, work)
    assert question.wait(5)
    with pytest.raises(Unavailable, match="not answered all that was asked"):
        question.answer()


def test_who_may_no_more_changes_nothing() -> None:
    def may(*_: bool) -> None:
        raise NotAllowed("Your account was changed meanwhile.")

    question = Questions().ask(ANN, may, lambda _: OK)
    assert question.wait(5)
    with pytest.raises(NotAllowed):
        question.answer()


def test_answers_are_forgotten_the_oldest_of_a_tenant_first() -> None:
    crew = Questions(Rules(kept_of_one=2))
    every = []
    for _ in range(4):
        every.append(ask(crew, lambda _: OK))
        assert every[-1].wait(5)
    other = ask(crew, lambda _: OK, BOB)
    assert other.wait(5)
    with pytest.raises(NotFound):
        crew.find(every[0].id, "t1", "ann")
    assert crew.find(every[-1].id, "t1", "ann") is every[-1]
    crew.rules = Rules(kept=0.0)
    with pytest.raises(NotFound, match="kept for two minutes"):
        crew.find(every[-1].id, "t1", "ann")


def test_an_end_of_the_process_is_told_to_who_waits_in_line(held: Held) -> None:
    crew = Questions(Rules(tenant=1))
    ask(crew, held)
    waiting = ask(crew, held)
    crew.close()
    with pytest.raises(Unavailable, match="server is ending"):
        waiting.answer()
    with pytest.raises(Unavailable):
        ask(crew, held)


def test_large_answers_are_kept_only_as_far_as_there_is_room_for_them_and_the_last_always() -> None:
    crew = Questions(Rules(kept_size=100))
    every = []
    for _ in range(3):
        every.append(ask(crew, lambda _: Answered(200, "x" * 60)))
        assert every[-1].wait(5)
    small = ask(crew, lambda _: OK)
    assert small.wait(5)
    assert [_is_kept(crew, one) for one in (*every, small)] == [False, False, True, True]


def test_an_error_that_is_kept_holds_nothing_of_what_it_is_about() -> None:
    def work(_: Question) -> Answered:
        try:
            return Answered(int("no number"), "")
        except ValueError as error:
            raise PutRight("No such project.") from error

    question = ask(Questions(), work)
    assert question.wait(5)
    with pytest.raises(PutRight) as caught:
        question.answer()
    assert caught.value.__cause__ is None
    assert [one.name for one in caught.traceback if one.name == "work"] == []


def test_who_runs_out_of_memory_is_told_and_the_next_is_asked() -> None:
    crew = Questions()

    def work(_: Question) -> Answered:
        raise MemoryError

    question = ask(crew, work)
    assert question.wait(5)
    with pytest.raises(Unavailable, match="no memory left"):
        question.answer()
    assert ask(crew, lambda _: OK).wait(5)


def _is_kept(crew: Questions, question: Question) -> bool:
    try:
        crew.find(question.id, "t1", "ann")
    except NotFound:
        return False
    return True
