"""Observers: who is told what actors do, and that they hurt nobody."""

from contextlib import contextmanager, suppress

import pytest

from swf.actors import ActivityWorker, Decider
from swf.actors.observers import Observer, observe, tell, working
from swf.models.decision import ScheduleActivityTask
from swf.models.event import ActivityTaskCompleted


class Ear(Observer):
    """Writes down what it hears, and the tasks it is told of at their beginning and their end."""

    def __init__(self):
        self.heard = []
        self.tasks = []

    def hear(self, notice):
        self.heard.append((notice.kind, notice.actor, dict(notice.facts)))

    @contextmanager
    def working(self, actor, task):
        self.tasks.append(("begins", task))
        try:
            yield
        except BaseException as error:
            self.tasks.append((type(error).__name__, task))
            raise
        self.tasks.append(("ends", task))


class Careless(Observer):
    """Fails at whatever it is asked."""

    def hear(self, notice):
        raise RuntimeError("deaf")

    def working(self, actor, task):
        raise RuntimeError("blind")


@pytest.fixture
def observing():
    """Has observers hear of everything, until the test is over."""
    ends = []

    def begin(observer):
        ends.append(observe(observer))
        return observer

    yield begin
    for end in ends:
        end()


@pytest.fixture
def actor(domain):
    return ActivityWorker(domain, "packing")


@pytest.fixture
def scheduled(domain, start):
    """An execution with one activity task that waits for a worker."""
    execution = start("order-1")
    decider = Decider(domain, "orders")
    packing = ScheduleActivityTask(activity_type=("Pack", "1.0"), activity_id="pack-1")
    decider.complete(decider.poll().task_token, packing)
    return execution


def test_an_observer_hears_what_happened_to_whom(actor, observing):
    ear = observing(Ear())

    tell("poll_empty", actor, seconds=60)

    assert ear.heard == [("poll_empty", actor, {"seconds": 60})]


def test_an_observer_hears_until_it_is_ended(actor):
    ear = Ear()
    end = observe(ear)
    tell("poll_empty", actor)
    end()

    tell("throttled", actor)

    assert [kind for kind, _, _ in ear.heard] == ["poll_empty"]


def test_ending_twice_ends_nobody_else(actor, observing):
    ear = Ear()
    end, other_end = observe(ear), observe(ear)
    end()
    end()

    tell("poll_empty", actor)

    assert len(ear.heard) == 1
    other_end()


def test_an_observer_that_fails_to_hear_is_logged_and_the_others_hear(actor, observing, caplog):
    before, _, after = observing(Ear()), observing(Careless()), observing(Ear())

    tell("poll_empty", actor)

    assert len(before.heard) == len(after.heard) == 1
    (record,) = caplog.records
    assert record.message.startswith("An observer failed to hear of poll_empty")
    assert "deaf" in record.exc_text


def test_an_observer_that_does_not_want_to_be_there_is_left_out(actor, observing, caplog):
    observing(Observer())

    with working(actor, "task"):
        tell("poll_empty", actor)

    assert caplog.records == []


def test_observers_are_there_from_the_beginning_of_a_task_to_its_end(actor, observing):
    ear = observing(Ear())

    with working(actor, "task"):
        during = list(ear.tasks)

    assert during == [("begins", "task")]
    assert ear.tasks == [("begins", "task"), ("ends", "task")]


def test_an_error_of_the_work_is_told_to_observers_and_goes_on(actor, observing):
    ear = observing(Ear())

    with pytest.raises(LookupError, match="no boxes"), working(actor, "task"):
        raise LookupError("no boxes")

    assert ear.tasks == [("begins", "task"), ("LookupError", "task")]


class Given(Observer):
    """Gives what it was given, to be in while a task is worked on."""

    def __init__(self, context):
        self.context = context

    def working(self, actor, task):
        return self.context


@contextmanager
def hiding_errors():
    with suppress(LookupError):
        yield


@contextmanager
def failing_at_the_end():
    try:
        yield
    finally:
        raise RuntimeError("dizzy")


@contextmanager
def failing_at_the_beginning():
    raise RuntimeError("asleep")
    yield


def test_an_observer_cannot_hide_an_error_of_the_work(actor, observing):
    observing(Given(hiding_errors()))

    with pytest.raises(LookupError, match="no boxes"), working(actor, "task"):
        raise LookupError("no boxes")


@pytest.mark.parametrize(
    ("observer", "said"),
    [(Careless(), "blind"), (Given(failing_at_the_beginning()), "asleep"), (Given(failing_at_the_end()), "dizzy")],
    ids=["at being asked", "at the beginning", "at the end"],
)
def test_an_observer_that_fails_around_a_task_is_logged_and_the_work_goes_on(actor, observing, observer, said, caplog):
    before, _, after = observing(Ear()), observing(observer), observing(Ear())

    with working(actor, "task"):
        pass

    assert before.tasks == after.tasks == [("begins", "task"), ("ends", "task")]
    (record,) = caplog.records
    assert said in record.exc_text


def test_an_observer_that_fails_at_the_end_does_not_replace_an_error_of_the_work(actor, observing, caplog):
    observing(Given(failing_at_the_end()))

    with pytest.raises(LookupError, match="no boxes"), working(actor, "task"):
        raise LookupError("no boxes")

    assert "dizzy" in caplog.records[0].exc_text


class Packer(ActivityWorker):
    def perform(self, task):
        return "packed"


def test_a_worker_does_its_work_whatever_its_observers_do(domain, scheduled, observing):
    observing(Careless())
    ear = observing(Ear())

    with Packer(domain, "packing"):
        while "task_completed" not in [kind for kind, _, _ in ear.heard]:
            pass

    assert scheduled.history().filter(ActivityTaskCompleted).last.result == "packed"
    ((_, began), (_, ended)) = ear.tasks
    assert began.activity_id == ended.activity_id == "pack-1"
