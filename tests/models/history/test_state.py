import json
import pathlib

import pytest

from swf.models.event import EventFactory
from swf.models.history import ExecutionState, History, HistoryBuilder

HISTORIES = sorted((pathlib.Path(__file__).parents[2] / "histories").glob("*.json"))


@pytest.fixture(params=HISTORIES, ids=lambda path: path.stem)
def recorded(request):
    return json.loads(request.param.read_text())


def told(state):
    return {
        "status": state.status,
        "close_status": state.close_status,
        "activities": list(state.activities),
        "timers": [timer.id for timer in state.timers.values()],
        "children": list(state.children),
        "lambda_functions": list(state.lambda_functions),
        "external_requests": list(state.external_requests),
        "scheduled_decision": state.scheduled_decision and state.scheduled_decision.id,
        "started_decision": state.started_decision and state.started_decision.id,
        "previous_started_event_id": state.previous_started_event_id,
        "latest_execution_context": state.latest_execution_context,
    }


def test_the_state_of_an_execution_is_what_its_events_left_open(recorded):
    state = ExecutionState.of(EventFactory(entry) for entry in recorded["events"])

    assert told(state) == recorded["state"]


def test_there_are_histories_to_read():
    assert len(HISTORIES) == 5


def test_an_execution_that_nobody_saw_start_has_an_empty_state():
    state = ExecutionState()

    assert (state.status, state.close_status, state.started, state.last_event_id) == ("OPEN", None, None, 0)


@pytest.fixture
def builder():
    return HistoryBuilder(("Order", "1"))


def test_an_open_activity_task_is_found_by_its_id_with_all_that_happened_to_it(builder):
    builder.add_activity_task_scheduled(("Charge", "1"), "charge")
    builder.add_activity_task_started("charge")
    builder.add_workflow_execution_signaled("stop")
    builder.add_activity_task_cancel_requested("charge")

    charge = builder.state.activity("charge")

    assert (charge.scheduled.id, charge.started.id, charge.cancel_requested.id) == (5, 6, 11)


def test_an_activity_id_is_free_again_when_its_task_has_ended(builder):
    builder.add_activity_task(("Charge", "1"), "charge", last_state="failed")

    before = builder.state.activity("charge")
    builder.add_activity_task_scheduled(("Charge", "1"), "charge")

    assert before is None
    assert builder.state.activity("charge").scheduled.id == 11


def test_a_started_child_is_known_with_its_start(builder):
    builder.add_child_workflow_execution(("Parcel", "2"), "parcel", last_state="started")

    child = builder.state.children[5]

    assert (child.initiated.workflow_id, child.started.id) == ("parcel", 6)


def test_timers_do_not_outlive_the_execution_but_activity_tasks_are_still_counted(builder):
    builder.add_timer("lunch", last_state="started")
    builder.add_activity_task(("Charge", "1"), "charge", last_state="scheduled")

    builder.add_workflow_execution_terminated()

    assert (list(builder.state.timers), list(builder.state.activities)) == ([], [6])


@pytest.mark.parametrize(
    ("close", "close_status"),
    [
        (HistoryBuilder.add_workflow_execution_completed, "COMPLETED"),
        (HistoryBuilder.add_workflow_execution_failed, "FAILED"),
        (HistoryBuilder.add_workflow_execution_canceled, "CANCELED"),
        (HistoryBuilder.add_workflow_execution_terminated, "TERMINATED"),
        (HistoryBuilder.add_workflow_execution_continued_as_new, "CONTINUED_AS_NEW"),
        (HistoryBuilder.add_workflow_execution_timed_out, "TIMED_OUT"),
    ],
)
def test_an_execution_closes_in_six_ways(builder, close, close_status):
    closed = close(builder)

    assert (builder.state.status, builder.state.close_status, builder.state.closed) == ("CLOSED", close_status, closed)
    assert (builder.state.scheduled_decision, builder.state.started_decision) == (None, None)


def test_the_latest_activity_timestamp_moves_with_every_event_of_an_activity_task(builder):
    builder.add_activity_task(("Charge", "1"), "charge", last_state="scheduled")
    scheduled = builder.state.latest_activity_task_timestamp
    started = builder.add_activity_task_started()

    assert scheduled < started.timestamp
    assert builder.state.latest_activity_task_timestamp == started.timestamp


@pytest.mark.parametrize(("contexts", "latest"), [((None,), None), (("a", None), "a"), (("a", ""), "")])
def test_the_execution_context_is_the_last_one_given(builder, contexts, latest):
    for context in contexts:
        builder.add_decision_task(execution_context=context)
        builder.add_workflow_execution_signaled("again")

    assert builder.state.latest_execution_context == latest


def test_a_cancel_request_is_remembered(builder):
    before = builder.state.cancel_requested

    builder.add_workflow_execution_cancel_requested()

    assert (before, builder.state.cancel_requested) == (False, True)


@pytest.mark.parametrize(
    ("answers", "task_list", "sticky"),
    [
        ([{}], "decisions", None),
        ([{"task_list": "other"}], "other", None),
        ([{"task_list": "other"}, {}], "other", None),
        ([{"task_list": "other", "task_list_schedule_to_start_timeout": "NONE"}], "other", None),
        ([{"task_list": "mine", "task_list_schedule_to_start_timeout": 5}], "decisions", ("mine", 5)),
        ([{"task_list": "mine", "task_list_schedule_to_start_timeout": 5}, {}], "decisions", ("mine", 5)),
        ([{"task_list_schedule_to_start_timeout": 5}], "decisions", ("decisions", 5)),
        (
            [{"task_list": "mine", "task_list_schedule_to_start_timeout": 5}, {"task_list": "decisions"}],
            "decisions",
            None,
        ),
    ],
)
def test_a_decider_chooses_the_task_list_of_later_decision_tasks(builder, answers, task_list, sticky):
    for answer in answers:
        builder.add_decision_task(**answer)
        builder.add_workflow_execution_signaled("again")

    held = builder.state.sticky_task_list
    assert builder.state.task_list == task_list
    assert (held and (held.task_list, held.schedule_to_start_timeout)) == sticky


def test_a_task_list_for_a_while_is_given_up_when_a_decision_task_times_out(builder):
    builder.add_decision_task(task_list="mine", task_list_schedule_to_start_timeout=5)
    builder.add_workflow_execution_signaled("again")

    builder.add_decision_task(last_state="timed_out")

    assert builder.state.sticky_task_list is None
    assert builder.state.scheduled_decision.task_list == "decisions"


def test_events_are_taken_one_by_one_as_well_as_all_at_once(recorded):
    history = History.from_event_list(recorded["events"])
    state = ExecutionState()

    for event in history:
        state.apply(event)

    assert state == history.state


def test_a_refused_decision_is_no_activity_of_a_task():
    builder = HistoryBuilder()
    builder.add_schedule_activity_task_failed(("A", "1"), "a1")

    assert builder.history.state.latest_activity_task_timestamp is None
