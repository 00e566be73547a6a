import json
import pathlib

import pytest

from swf.models.event import ActivityTaskCompleted, ActivityTaskStarted
from swf.models.history import History, HistoryBuilder

HISTORIES = sorted((pathlib.Path(__file__).parents[2] / "histories").glob("*.json"))

CHARGE = ("Charge", "1")
PARCEL = ("Parcel", "2")


@pytest.fixture
def builder():
    return HistoryBuilder(("Order", "1"), input="in")


def told(thing):
    return [thing.type, thing.id, thing.state, [event.id for event in thing.events], thing.is_open]


@pytest.mark.parametrize("path", HISTORIES, ids=lambda path: path.stem)
@pytest.mark.parametrize("held", [lambda history: history, lambda history: history.reversed])
def test_events_are_gathered_by_what_they_happened_to(path, held):
    recorded = json.loads(path.read_text())

    history = held(History.from_event_list(recorded["events"]))

    assert [told(thing) for thing in history.compile()] == recorded["compiled"]


def test_compiling_twice_gives_the_same_things(builder):
    history = builder.history

    assert history.compile() is history.compiled


def test_a_thing_tells_its_first_and_its_latest_event(builder):
    last = builder.add_activity_task(CHARGE, "charge", input="10 EUR", control="first try", result="paid")

    charge = builder.history.activities["charge"]

    assert (charge.first.name, charge.last) == ("ActivityTaskScheduled", last)
    assert (charge.input, charge.control, charge.result) == ("10 EUR", "first try", "paid")
    assert (charge.reason, charge.details, charge.cause, charge.timeout_type) == (None, None, None, None)


@pytest.mark.parametrize(
    ("last_state", "attributes", "expected"),
    [
        ("failed", {"reason": "no money", "details": "0 EUR"}, ("no money", "0 EUR", None)),
        ("timed_out", {"timeout_type": "HEARTBEAT", "details": "50 %"}, (None, "50 %", "HEARTBEAT")),
        ("canceled", {}, (None, None, None)),
    ],
)
def test_a_thing_tells_why_it_ended(builder, last_state, attributes, expected):
    builder.add_activity_task(CHARGE, "charge", last_state=last_state, **attributes)

    charge = builder.history.activities["charge"]

    assert charge.state == last_state
    assert (charge.reason, charge.details, charge.timeout_type) == expected


def test_a_thing_shows_what_it_is_and_which_events_it_has_and_from_when_to_when(builder):
    builder.add_activity_task(CHARGE, "charge")

    execution, first_decision, charge, _ = builder.history.compiled

    assert repr(charge) == (
        "CompiledEvent(ActivityTask 'charge', completed, events 5, 6, 7, "
        "2020-01-01T00:00:02.000Z to 2020-01-01T00:00:04.000Z)"
    )
    assert repr(first_decision) == (
        "CompiledEvent(DecisionTask, completed, events 2, 3, 4, 2020-01-01T00:00:00.000Z to 2020-01-01T00:00:02.000Z)"
    )
    assert repr(execution) == "CompiledEvent(WorkflowExecution, started, events 1, 2020-01-01T00:00:00.000Z)"


def test_by_its_id_the_latest_task_is_found(builder):
    builder.add_activity_task(CHARGE, "charge", last_state="failed", reason="first")
    builder.add_activity_task(CHARGE, "charge", last_state="failed", reason="second")

    assert builder.history.activities["charge"].reason == "second"


def test_a_refused_second_use_of_an_id_does_not_hide_the_open_task(builder):
    builder.add_activity_task(CHARGE, "charge", last_state="scheduled")
    builder.add_schedule_activity_task_failed(CHARGE, "charge", cause="ACTIVITY_ID_ALREADY_IN_USE")

    before = builder.history.activities["charge"]
    builder.add_activity_task_completed("charge")
    after = builder.history.activities["charge"]

    assert (before.state, after.state) == ("scheduled", "completed")


def test_a_task_that_was_refused_when_its_id_was_free_is_found_as_refused(builder):
    builder.add_activity_task(CHARGE, "charge", last_state="failed")
    builder.add_schedule_activity_task_failed(CHARGE, "charge", cause="ACTIVITY_TYPE_DEPRECATED")

    charge = builder.history.activities["charge"]

    assert (charge.state, charge.cause, charge.is_open) == ("schedule_failed", "ACTIVITY_TYPE_DEPRECATED", False)


def test_a_refused_cancel_of_a_task_does_not_hide_how_the_task_ended(builder):
    builder.add_activity_task(CHARGE, "charge", result="paid")
    builder.add_request_cancel_activity_task_failed("charge")

    assert builder.history.activities["charge"].result == "paid"


def test_a_refused_cancel_of_a_timer_does_not_hide_that_it_fired(builder):
    builder.add_timer("lunch")
    builder.add_cancel_timer_failed("lunch")

    assert builder.history.timers["lunch"].state == "fired"


def test_a_cancel_request_belongs_to_the_open_task_of_its_id(builder):
    builder.add_activity_task(CHARGE, "charge", last_state="failed")
    builder.add_activity_task(CHARGE, "charge", last_state="canceled")

    first, second = (thing for thing in builder.history.compiled if thing.id == "charge")

    assert [event.state for event in first.events] == ["scheduled", "started", "failed"]
    assert [event.state for event in second.events] == ["scheduled", "cancel_requested", "canceled"]


def test_an_open_child_is_not_hidden_by_a_second_one_that_could_not_start(builder):
    builder.add_child_workflow_execution(PARCEL, "parcel", last_state="started")
    builder.add_start_child_workflow_execution_initiated(PARCEL, "parcel")
    builder.add_start_child_workflow_execution_failed(PARCEL, "parcel", cause="WORKFLOW_ALREADY_RUNNING")

    assert builder.history.children["parcel"].state == "started"


def test_a_lambda_function_is_found_by_its_id(builder):
    builder.add_lambda_function("pictures", "resize", result="done")

    assert builder.history.lambda_functions["resize"].result == "done"


def test_the_execution_itself_is_one_thing_from_start_to_end(builder):
    builder.add_workflow_execution_cancel_requested()
    builder.add_workflow_execution_signaled("hurry")
    builder.add_workflow_execution_canceled(details="bye")

    execution = builder.history.compiled[0]

    assert [event.state for event in execution.events] == ["started", "cancel_requested", "canceled"]
    assert (execution.input, execution.details, execution.is_open) == ("in", "bye", False)


def test_each_signal_is_a_thing_of_its_own(builder):
    builder.add_workflow_execution_signaled("paid", input=1)
    builder.add_workflow_execution_signaled("paid", input=2)

    signals = [thing for thing in builder.history.compiled if thing.id == "paid"]

    assert [signal.input for signal in signals] == ["1", "2"]


def test_a_part_of_a_history_is_gathered_without_the_events_that_are_not_there(builder):
    builder.add_activity_task(CHARGE, "charge", result="paid")
    part = builder.history.filter(ActivityTaskStarted, ActivityTaskCompleted)

    (charge,) = part.compiled

    assert told(charge) == ["ActivityTask", None, "completed", [6, 7], False]
    assert part.activities == {}


def test_a_child_is_named_by_its_execution_where_its_beginning_is_not_there(builder):
    started = builder.add_child_workflow_execution(PARCEL, "parcel", last_state="started")

    (child,) = builder.history.since(started.id - 1).filter(type="ChildWorkflowExecution").compiled

    assert told(child) == ["ChildWorkflowExecution", "parcel", "started", [6], True]


def test_an_empty_history_has_nothing_in_it():
    assert History().compiled == ()
