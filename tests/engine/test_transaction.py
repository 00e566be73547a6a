"""What an engine remembers of the executions it worked on."""

from swf.engine.transaction import StateCache
from swf.models.event import WorkflowExecutionSignaled
from swf.models.history.state import ExecutionState


def cache(size, *runs):
    made = StateCache(size)
    for run in runs:
        made.put(run, ExecutionState(last_event_id=run))
    return made


def test_the_states_used_last_are_kept():
    states = cache(2, 1, 2)
    states.get(1)

    states.put(3, ExecutionState(last_event_id=3))

    assert states.get(2) is None
    assert [states.get(run).last_event_id for run in (1, 3)] == [1, 3]


def test_a_state_that_is_put_again_is_one_state():
    states = cache(2, 1, 2)

    states.put(1, ExecutionState(last_event_id=10))

    assert [states.get(run).last_event_id for run in (1, 2)] == [10, 2]


def test_a_forgotten_state_is_gone():
    states = cache(2, 1)

    states.forget(1)
    states.forget(7)

    assert states.get(1) is None


def test_an_execution_whose_state_was_let_go_is_as_it_was(engine, execution, start, decider):
    engine._states._size = 1
    task = decider.take()
    start("w2")

    execution.signal()
    start("w3")
    decider.respond(task)

    assert isinstance(execution.history()[3], WorkflowExecutionSignaled)
    assert execution.history().names[4:] == ["DecisionTaskScheduled", "DecisionTaskCompleted"]
    assert [decider.take()["workflowExecution"]["workflowId"] for _ in range(3)] == ["w2", "w3", "w1"]
