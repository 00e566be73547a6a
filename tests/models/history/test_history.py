import copy
import pickle
from datetime import UTC, datetime

import attrs
import pytest

from swf.exceptions import InvalidKeywordArgumentError, ValidationError
from swf.models.event import (
    ActivityTaskCompleted,
    ActivityTaskEvent,
    ActivityTaskScheduled,
    ActivityTaskStarted,
    DecisionTaskCompleted,
    Event,
    EventFactory,
    MarkerRecorded,
    TimerEvent,
    TimerFired,
    WorkflowExecutionSignaled,
)
from swf.models.history import History, HistoryBuilder


@pytest.fixture
def history():
    """Events 1 to 18: two activity tasks one after the other, a timer that nobody waits for, and the end."""
    builder = HistoryBuilder(("Order", "1"), input={"id": 7})
    builder.add_activity_task(("Charge", "1"), "charge", input="10 EUR", result="paid")
    builder.add_activity_task(("Ship", "1"), "ship", last_state="failed", reason="no boxes")
    builder.add_timer_started("lunch")
    builder.add_workflow_execution_completed(result="partly")
    return builder.history


def names(events):
    return [event.name for event in events]


def ids(events):
    return [event.id for event in events]


def test_a_history_is_a_sequence_of_events(history):
    assert len(history) == 18
    assert history[0].name == "WorkflowExecutionStarted"
    assert history[-1].name == "WorkflowExecutionCompleted"
    assert history[4] in history
    assert history.index(history[4]) == 4


def test_an_index_that_is_not_there_is_an_index_error(history):
    with pytest.raises(IndexError):
        history[18]


def test_a_slice_of_a_history_is_a_history(history):
    assert isinstance(history[4:7], History)
    assert names(history[4:7]) == ["ActivityTaskScheduled", "ActivityTaskStarted", "ActivityTaskCompleted"]
    assert ids(history[::-6]) == [18, 12, 6]


def test_a_slice_is_of_the_subclass_it_was_taken_from(history):
    class Diary(History):
        pass

    diary = Diary(history)

    assert type(diary[1:]) is Diary
    assert type(diary.filter(TimerFired)) is Diary


def test_iterations_over_one_history_do_not_disturb_each_other(history):
    pairs = [(outer.id, inner.id) for outer in history[:3] for inner in history[:3]]

    assert pairs == [(1, 1), (1, 2), (1, 3), (2, 1), (2, 2), (2, 3), (3, 1), (3, 2), (3, 3)]


def test_histories_are_equal_and_hashed_by_their_events(history):
    assert History(history.events) == history
    assert history[:3] != history[:4]
    assert {history, History(list(history))} == {history}


def test_histories_made_without_events_share_nothing():
    first, second = History(), History([])

    assert first == second
    assert (len(first), bool(first)) == (0, False)


def test_a_history_cannot_be_changed(history):
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        history.events = ()


def test_a_list_that_is_changed_later_does_not_change_the_history(history):
    events = list(history)
    kept = History(events)

    events.clear()

    assert kept == history


@pytest.mark.parametrize("clone", [copy.copy, copy.deepcopy, lambda history: pickle.loads(pickle.dumps(history))])
def test_a_history_can_be_copied_and_sent_to_another_process(history, clone):
    compiled = history.compiled

    again = clone(history)

    assert again == history
    assert again.compiled == compiled
    assert again.state == history.state


@pytest.mark.parametrize(
    ("part", "shown"),
    [
        (slice(None), "History(18 events, WorkflowExecutionStarted to WorkflowExecutionCompleted, COMPLETED)"),
        (slice(0, 3), "History(3 events, WorkflowExecutionStarted to DecisionTaskStarted, OPEN)"),
        (slice(4, 7), "History(3 events, ActivityTaskScheduled to ActivityTaskCompleted)"),
        (slice(17, 18), "History(1 event, WorkflowExecutionCompleted to WorkflowExecutionCompleted, COMPLETED)"),
        (slice(0, 0), "History(0 events)"),
    ],
)
def test_a_history_shows_how_long_it_is_where_it_begins_and_ends_and_the_status(history, part, shown):
    assert repr(history[part]) == shown


def test_a_history_is_read_from_the_events_of_swfs_answer():
    history = History.from_event_list(
        [
            {
                "eventId": 7,
                "eventTimestamp": 1577880000.5,
                "eventType": "TimerFired",
                "timerFiredEventAttributes": {"timerId": "lunch", "startedEventId": 5},
            }
        ]
    )

    assert history == History(
        [TimerFired(id=7, timestamp=datetime(2020, 1, 1, 12, 0, 0, 500_000, UTC), timer_id="lunch", started_event_id=5)]
    )


def test_the_first_and_the_last_event(history):
    assert (history.first.id, history.last.id) == (1, 18)
    assert (history.reversed.first.id, history.reversed.last.id) == (18, 1)


def test_an_empty_history_has_no_first_and_no_last_event():
    assert (History().first, History().last) == (None, None)


@pytest.mark.parametrize(
    ("n", "expected"), [(0, []), (1, [18]), (3, [16, 17, 18]), (18, list(range(1, 19))), (99, list(range(1, 19)))]
)
def test_the_latest_events_are_the_newest_ones(history, n, expected):
    assert ids(history.latest(n)) == expected
    assert ids(history.reversed.latest(n)) == expected[::-1]


@pytest.mark.parametrize(
    ("n", "message"),
    [(-1, "n -1 must be at least 0"), ("3", "n '3' must be a whole number"), (None, "n None must"), (1.5, "not float")],
)
def test_what_is_no_number_of_events_is_refused(history, n, message):
    with pytest.raises(ValidationError, match=message):
        history.latest(n)


@pytest.mark.parametrize("ask", [History.since, History.event])
@pytest.mark.parametrize("id", ["7", None, [7], True])
def test_what_is_no_id_of_an_event_is_refused(history, ask, id):
    with pytest.raises(ValidationError, match=r"event_id .* must be a whole number"):
        ask(history, id)


@pytest.mark.parametrize("make", [History, History.from_event_list])
def test_what_is_no_list_of_events_is_refused(make):
    with pytest.raises(ValidationError, match="5 is no list of events"):
        make(5)


@pytest.mark.parametrize("events", [[5], [{}], ["TimerFired"], {"events": []}, [{"eventType": "TimerFired"}]])
def test_what_is_no_event_of_swf_is_refused(events):
    with pytest.raises(ValidationError, match=r"is no event as SWF writes them .* the list 'events'"):
        History.from_event_list(events)


def test_reversed_is_newest_first_and_back(history):
    assert ids(history.reversed)[:3] == [18, 17, 16]
    assert history.reversed.reversed == history


def test_runs_of_events_of_one_type_are_told_apart(history):
    runs = history[:8].distinct

    assert [(run.first.type, ids(run)) for run in runs] == [
        ("WorkflowExecution", [1]),
        ("DecisionTask", [2, 3, 4]),
        ("ActivityTask", [5, 6, 7]),
        ("DecisionTask", [8]),
    ]
    assert all(isinstance(run, History) for run in runs)


@pytest.mark.parametrize(
    ("kinds", "attributes", "expected"),
    [
        ((), {}, list(range(1, 19))),
        ((ActivityTaskScheduled,), {}, [5, 11]),
        (("ActivityTaskScheduled",), {}, [5, 11]),
        ((ActivityTaskScheduled, "TimerStarted"), {}, [5, 11, 17]),
        ((ActivityTaskEvent,), {}, [5, 6, 7, 11, 12, 13]),
        ((Event,), {"type": "Timer"}, [17]),
        ((), {"activity_id": "charge"}, [5]),
        ((), {"activity_type": ("Ship", "1")}, [11]),
        ((), {"scheduled_event_id": 5}, [6, 7]),
        ((), {"name": "DecisionTaskStarted"}, [3, 9, 15]),
        ((), {"state": "completed"}, [4, 7, 10, 16, 18]),
        ((), {"type": "ActivityTask", "state": "completed"}, [7]),
        ((), {"id": 6}, [6]),
        ((ActivityTaskScheduled,), {"input": None}, [11]),
        ((ActivityTaskScheduled,), {"result": "paid"}, []),
        ((), {"opener_id": 5}, [5, 6, 7]),
    ],
)
def test_events_are_filtered_by_kind_and_attributes(history, kinds, attributes, expected):
    found = history.filter(*kinds, **attributes)

    assert isinstance(found, History)
    assert ids(found) == expected


def test_an_event_of_an_unknown_type_is_found_by_its_name():
    coffee = EventFactory({"eventId": 1, "eventTimestamp": 1577880000.5, "eventType": "CoffeeMade"})

    assert list(History([coffee]).filter(name="CoffeeMade")) == [coffee]


def test_an_attribute_that_no_event_has_is_refused_with_what_may_be_meant(history):
    with pytest.raises(InvalidKeywordArgumentError, match=r"'activty_id'. Did you mean 'activity_id'"):
        history.filter(activty_id="charge")


@pytest.mark.parametrize("kind", ["TimerFird", int, "Timer", 7, ["TimerFired"]])
def test_a_kind_of_event_that_does_not_exist_is_refused(history, kind):
    with pytest.raises(ValidationError, match="is no event of SWF"):
        history.filter(kind)


def test_a_misspelt_event_is_told_what_may_be_meant(history):
    with pytest.raises(ValidationError, match="Did you mean 'TimerFired'"):
        history.filter("TimerFird")


@pytest.mark.parametrize(("event_id", "expected"), [(0, list(range(1, 19))), (15, [16, 17, 18]), (18, []), (99, [])])
def test_what_came_after_an_event(history, event_id, expected):
    assert ids(history.since(event_id)) == expected
    assert ids(history.reversed.since(event_id)) == expected[::-1]


@pytest.mark.parametrize(
    "held", [lambda history: history, lambda history: history.reversed, lambda history: history[3:]]
)
@pytest.mark.parametrize("id", [4, 9, 18])
def test_an_event_is_found_by_its_id_whatever_order_is_held(history, held, id):
    assert held(history).event(id) == history[id - 1]


def test_an_event_is_found_by_its_id_in_a_history_with_gaps(history):
    assert history.filter(DecisionTaskCompleted).event(10).id == 10
    assert history[::2].event(9).id == 9


@pytest.mark.parametrize(
    ("part", "id", "message"),
    [
        (slice(None), 19, r"has no event 19\. Its ids go from 1 to 18\."),
        (slice(None), 0, r"has no event 0\."),
        (slice(None), -1, r"has no event -1\."),
        (slice(4, 7), 4, r"has no event 4\. Its ids go from 5 to 7\."),
        (slice(0, 0), 1, r"History\(0 events\) has no event 1\. It is empty\."),
    ],
)
def test_an_event_that_is_not_here_is_an_error_that_says_what_is(history, part, id, message):
    with pytest.raises(ValidationError, match=message):
        history[part].event(id)


def test_the_start_and_the_input(history):
    assert history.started == history[0]
    assert history.input == '{"id":7}'
    assert (history[1:].started, history[1:].input) == (None, None)


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
def test_a_history_is_finished_by_each_of_the_six_ends(close, close_status):
    builder = HistoryBuilder()
    before = builder.history
    closed = close(builder)
    after = builder.history

    assert (before.finished, before.close_event, before.close_status) == (False, None, None)
    assert (after.finished, after.close_event, after.close_status) == (True, closed, close_status)
    assert after.reversed.finished
    assert after[-1:].finished
    assert not after[:-1].finished


def test_a_refused_end_does_not_finish_a_history():
    builder = HistoryBuilder()
    builder.add_decision_task_started()
    builder.add_workflow_execution_signaled("wait")
    builder.add_complete_workflow_execution_failed()

    assert not builder.history.finished


def test_the_state_is_that_of_the_events_in_the_order_of_their_ids(history):
    open_timer = history[:17]

    assert list(open_timer.state.timers) == ["lunch"]
    assert open_timer.reversed.state == open_timer.state
    assert open_timer.state.last_event_id == 17


def test_things_are_found_by_their_ids(history):
    assert history.activities["charge"].result == "paid"
    assert (history.activities["ship"].state, history.activities["ship"].reason) == ("failed", "no boxes")
    assert history[:17].timers["lunch"].is_open
    assert (dict(history.children), dict(history.lambda_functions)) == ({}, {})


def test_signals_and_markers_are_histories_of_their_events():
    builder = HistoryBuilder()
    builder.add_marker_recorded("seen", details=1)
    builder.add_workflow_execution_signaled("paid", input={"sum": 7})
    builder.add_workflow_execution_signaled("sent")

    history = builder.history

    assert [signal.signal_name for signal in history.signals] == ["paid", "sent"]
    assert [marker.details for marker in history.markers] == ["1"]
    assert isinstance(history.signals, History)
    assert names(history.signals) == [WorkflowExecutionSignaled.__name__] * 2
    assert names(history.markers) == [MarkerRecorded.__name__]


def test_what_a_decider_has_not_seen_begins_after_its_previous_decision_task():
    builder = HistoryBuilder()
    first = builder.add_decision_task_started()
    builder.add_activity_task(("Charge", "1"), "charge")
    builder.add_decision_task_started()

    new = builder.history.since(first.id)

    assert names(new.filter(ActivityTaskEvent)) == [
        ActivityTaskScheduled.__name__,
        ActivityTaskStarted.__name__,
        ActivityTaskCompleted.__name__,
    ]
    assert new.filter(TimerEvent) == History()
