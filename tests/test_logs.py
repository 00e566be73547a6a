"""Log records that say which task they are of."""

import asyncio
import contextvars
import json
import logging
import logging.handlers
import queue
import threading

import pytest

from swf import logs
from swf.actors import ActivityWorker, Actor, Decider
from swf.engine import Engine
from swf.logs import HarmlessLogger, JSONFormatter, TaskFilter, about
from swf.models.decision import CompleteWorkflowExecution, ScheduleActivityTask

pytestmark = pytest.mark.inprocess

log = logging.getLogger("tests.shop")


class Keeper(logging.Handler):
    """Keeps what it is given."""

    def __init__(self):
        super().__init__()
        self.records = []
        self.addFilter(TaskFilter())

    def emit(self, record):
        self.records.append(record)


@pytest.fixture
def records(caplog):
    """What a handler with a `TaskFilter` gets of all that is logged."""
    keeper = Keeper()
    logging.getLogger().addHandler(keeper)
    with caplog.at_level(logging.INFO):
        yield keeper.records
    logging.getLogger().removeHandler(keeper)


def test_records_of_a_block_say_what_they_are_about(records):
    with about(domain="shop", workflow_id="order-7"):
        log.info("in the block")
    log.info("after it")

    inside, after = records
    assert (inside.domain, inside.workflow_id, inside.run_id) == ("shop", "order-7", None)
    assert (after.domain, after.workflow_id, after.run_id) == (None, None, None)


def test_a_block_in_a_block_adds_to_what_is_known(records):
    with about(domain="shop", workflow_id="order-7"):
        with about(workflow_id="order-8", activity_id="pack"):
            log.info("inside")
        log.info("outside")

    inside, outside = records
    assert (inside.domain, inside.workflow_id, inside.activity_id) == ("shop", "order-8", "pack")
    assert (outside.domain, outside.workflow_id, outside.activity_id) == ("shop", "order-7", None)


def test_what_is_known_can_be_asked_and_not_changed():
    with about(workflow_id="order-7"):
        known = logs.facts()

    assert dict(known) == {"workflow_id": "order-7"}
    assert dict(logs.facts()) == {}
    with pytest.raises(TypeError):
        known["workflow_id"] = "order-8"


def test_a_harmless_logger_names_the_place_that_logs(records):
    HarmlessLogger(log).info("packed %s", "apples")

    (record,) = records
    assert (record.name, record.getMessage()) == ("tests.shop", "packed apples")
    assert record.funcName == "test_a_harmless_logger_names_the_place_that_logs"


def test_each_thread_has_its_own(records):
    with about(workflow_id="order-7"):
        elsewhere = threading.Thread(target=log.info, args=("elsewhere",))
        along = threading.Thread(target=contextvars.copy_context().run, args=(log.info, "taken along"))
        for thread in (elsewhere, along):
            thread.start()
            thread.join()

    assert [record.workflow_id for record in records] == [None, "order-7"]


def test_each_coroutine_has_its_own(records):
    async def work(workflow_id, mine, other):
        with about(workflow_id=workflow_id):
            mine.set()
            await other.wait()
            log.info("working")

    async def side_by_side():
        one, other = asyncio.Event(), asyncio.Event()
        await asyncio.gather(work("order-7", one, other), work("order-8", other, one))

    asyncio.run(side_by_side())

    assert sorted(record.workflow_id for record in records) == ["order-7", "order-8"]


def test_what_somebody_said_of_a_record_stays(records):
    with about(workflow_id="order-7", version="1.0"):
        log.info("about another one", extra={"workflow_id": "order-8"})

    (record,) = records
    assert (record.workflow_id, record.version) == ("order-8", "1.0")


def test_a_record_that_goes_through_a_queue_keeps_what_it_is_about():
    waiting = queue.SimpleQueue()
    handler = logging.handlers.QueueHandler(waiting)
    handler.addFilter(TaskFilter())
    with about(workflow_id="order-7"):
        handler.handle(logging.makeLogRecord({"msg": "packed"}))

    line = JSONFormatter().format(waiting.get())

    assert json.loads(line)["workflow_id"] == "order-7"


# JSON


def line(**record):
    return JSONFormatter().format(
        logging.makeLogRecord({"levelname": "INFO", "name": "shop", "created": 0, "process": 7, **record})
    )


def test_a_record_is_a_line_of_json():
    with about(domain="shop", workflow_id="order-7", activity_id=None):
        told = line(msg="%d of %s", args=(2, "apples"))

    assert told == (
        '{"time":"1970-01-01T00:00:00.000Z","level":"INFO","logger":"shop","process":7,"message":"2 of apples",'
        '"domain":"shop","workflow_id":"order-7"}'
    )


@pytest.mark.parametrize(
    ("created", "time"),
    [(0.0004, "1970-01-01T00:00:00.000Z"), (1893456000.25, "2030-01-01T00:00:00.250Z")],
)
def test_times_are_in_utc_with_milliseconds(created, time):
    assert json.loads(line(created=created))["time"] == time


@pytest.mark.parametrize("message", ['"quoted"', "two\nlines", "a\u2028b", "ünï", "half \udcff", "\x00"])
def test_a_message_is_one_line_that_any_stream_takes(message):
    told = line(msg=message)

    assert len(told.splitlines()) == 1
    assert json.loads(told.encode("ascii"))["message"] == message


def test_an_error_comes_with_its_traceback():
    try:
        raise LookupError("no boxes")
    except LookupError as error:
        told = json.loads(line(msg="failed", exc_info=(type(error), error, error.__traceback__)))

    assert told["message"] == "failed"
    assert told["error"].startswith("Traceback (most recent call last):")
    assert told["error"].endswith("LookupError: no boxes")


@pytest.mark.parametrize("exc_info", [None, (None, None, None)])
def test_without_an_error_there_is_none(exc_info):
    assert "error" not in json.loads(line(exc_info=exc_info))


def test_a_stack_that_was_asked_for_is_told(records):
    log.info("here", stack_info=True)

    assert "test_a_stack_that_was_asked_for_is_told" in json.loads(JSONFormatter().format(records[0]))["stack"]


class Box:
    def __repr__(self):
        return "Box(5)"


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (3, 3),
        ({"apples": 2}, {"apples": 2}),
        (Box(), "Box(5)"),
        ({1}, "{1}"),
        ({("a", "b"): 1}, "{('a', 'b'): 1}"),
        (float("nan"), "nan"),
    ],
    ids=repr,
)
def test_what_was_given_as_extra_is_told(given, told):
    assert json.loads(line(box=given))["box"] == told


def test_an_extra_takes_the_place_of_nothing_that_is_told():
    told = json.loads(line(msg="packed", time="noon", level="high", error="none to speak of"))

    assert told == {
        "time": "1970-01-01T00:00:00.000Z",
        "level": "INFO",
        "logger": "shop",
        "process": 7,
        "message": "packed",
        "error": "none to speak of",
    }


# While actors work


@pytest.fixture
def engine():
    """An engine on the machine's time: actors run in threads."""
    with Engine() as engine:
        yield engine


class ChargeOnce(Decider):
    """Has the customer charged, then completes the execution."""

    def decide(self, task):
        log.info("deciding")
        if "charge" not in task.history.activities:
            return ScheduleActivityTask(activity_type=("Charge", "1.0"), activity_id="charge")
        return CompleteWorkflowExecution(result=task.history.activities["charge"].result)


def of(records, logger):
    return [{name: getattr(record, name) for name in logs.FIELDS} for record in records if record.name == logger]


def worked(order, *actors):
    """Start an execution, and give it when the actors have closed it and stopped."""
    execution = order.start_execution("order-7")
    for actor in actors:
        actor.start()
    closed = execution.wait(timeout=30)
    for actor in actors:
        actor.stop()
    return closed


class Cashier(ActivityWorker):
    def perform(self, task):
        log.info("charging")
        raise LookupError("no purse")


def test_records_of_deciders_and_workers_say_which_task_they_are_of(domain, order, charge, records):
    execution = worked(order, ChargeOnce(domain, "orders"), Cashier(domain, "payments"))

    deciding, charging, _ = of(records, "tests.shop")
    assert deciding == {
        "domain": "shop",
        "task_list": "orders",
        "workflow_id": "order-7",
        "run_id": execution.run_id,
        "workflow_type": "Order",
        "activity_id": None,
        "activity_type": None,
        "version": "1.0",
    }
    assert charging == {
        "domain": "shop",
        "task_list": "payments",
        "workflow_id": "order-7",
        "run_id": execution.run_id,
        "workflow_type": None,
        "activity_id": "charge",
        "activity_type": "Charge",
        "version": "1.0",
    }


def test_what_the_actors_themselves_log_of_a_task_says_so_too(domain, order, charge, records):
    worked(order, ChargeOnce(domain, "orders"), Cashier(domain, "payments"))

    (failed,) = of(records, "swf.actors.worker")
    assert (failed["workflow_id"], failed["activity_id"]) == ("order-7", "charge")


class Asynchronous(ActivityWorker):
    async def perform(self, task):
        await asyncio.sleep(0)
        log.info("charging")


def test_records_of_a_coroutine_say_which_task_they_are_of(domain, order, charge, records):
    worked(order, ChargeOnce(domain, "orders"), Asynchronous(domain, "payments"))

    _, charging, _ = of(records, "tests.shop")
    assert (charging["workflow_id"], charging["activity_id"]) == ("order-7", "charge")


class Elsewhere(ActivityWorker):
    def perform(self, task):
        return dict(logs.facts())


def test_records_in_a_process_of_its_own_say_which_task_they_are_of(domain, order, charge):
    execution = worked(order, ChargeOnce(domain, "orders"), Elsewhere(domain, "payments", executor="process"))

    assert execution.result["workflow_id"] == "order-7"
    assert execution.result["activity_id"] == "charge"


class Feeder(Actor):
    """An actor with tasks of another kind; one meal will do."""

    def poll_task(self):
        return "hay"

    def perform_task(self, task):
        log.info("feeding")
        self.stop()


def test_records_of_an_actor_of_another_kind_say_where_it_works(domain, records):
    feeder = Feeder(domain, "stable")

    feeder.run()

    (feeding,) = of(records, "tests.shop")
    assert {name: value for name, value in feeding.items() if value is not None} == {
        "domain": "shop",
        "task_list": "stable",
    }


def test_nothing_is_known_between_tasks(domain, order, charge, records):
    worked(order, ChargeOnce(domain, "orders"), Cashier(domain, "payments"))
    log.info("at home")

    assert set(of(records, "tests.shop")[-1].values()) == {None}
