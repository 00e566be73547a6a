"""Whatever is asked of an engine in whatever order, its histories and its rows agree.

Hypothesis tries operations and decisions on a clock that it moves; several threads do the same without an order.
"""

import random
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from swf.engine import Engine, RealClock, VirtualClock
from swf.models.decision import (
    CancelTimer,
    CancelWorkflowExecution,
    CompleteWorkflowExecution,
    FailWorkflowExecution,
    RecordMarker,
    RequestCancelActivityTask,
    ScheduleActivityTask,
    StartTimer,
)

W1 = {"name": "W", "version": "1"}
IDS = ("one", "two", "three")
LISTS = ("dl", "other")

ids = st.sampled_from(IDS)
timeouts = st.sampled_from([0, 1, 5, 60, "NONE"])
task_lists = st.sampled_from(LISTS)

schedules = st.builds(
    ScheduleActivityTask,
    activity_type=st.sampled_from([("A", "1"), ("A", "1"), ("A", "1"), ("B", "1"), ("X", "1")]),
    activity_id=ids,
    task_list=st.sampled_from([None, "al", "other"]),
    task_priority=st.sampled_from([None, -1, 0, 7]),
    schedule_to_start_timeout=st.none() | timeouts,
    schedule_to_close_timeout=st.none() | timeouts,
    start_to_close_timeout=st.none() | timeouts,
    heartbeat_timeout=st.none() | timeouts,
)
decisions = st.one_of(
    schedules,
    schedules,
    st.builds(RequestCancelActivityTask, activity_id=ids),
    st.builds(StartTimer, timer_id=ids, start_to_fire_timeout=st.sampled_from([0, 1, 5, 60])),
    st.builds(CancelTimer, timer_id=ids),
    st.builds(RecordMarker, marker_name=ids),
)
closes = st.sampled_from([CompleteWorkflowExecution(), FailWorkflowExecution(reason="r"), CancelWorkflowExecution()])
answers = st.tuples(st.lists(decisions, max_size=4), st.none() | st.none() | closes)
overrides = st.sampled_from(
    [
        {},
        {},
        {"taskList": {"name": "other"}},
        {"taskList": {"name": "other"}, "taskListScheduleToStartTimeout": "5"},
        {"taskListScheduleToStartTimeout": "0"},
        {"taskList": {"name": "dl"}, "taskListScheduleToStartTimeout": "NONE"},
    ]
)


class Asked(RuleBasedStateMachine):
    """Deciders, workers and operators that do anything at any time."""

    def __init__(self, attached, registered, database):
        super().__init__()
        self.engine = Engine(clock=VirtualClock(), poll_wait_seconds=0)
        self.client = attached(self.engine)
        registered(self.client)
        self.database = database(self.engine)
        self.decision_tasks = []
        self.activity_tasks = []
        self.answered = set()
        self.closed = {}

    def teardown(self):
        self.engine.close()

    @initialize()
    def begin(self):
        self.start_execution("one", "3600", "NONE", None, [])

    @rule(
        workflow_id=ids,
        lifetime=st.sampled_from(["5", "70", "3600"]),
        timeout=st.sampled_from(["0", "5", "NONE"]),
        priority=st.sampled_from([None, "3"]),
        tags=st.lists(ids, max_size=2),
    )
    def start(self, workflow_id, lifetime, timeout, priority, tags):
        self.start_execution(workflow_id, lifetime, timeout, priority, tags)

    def start_execution(self, workflow_id, lifetime, timeout, priority, tags):
        members = {} if priority is None else {"taskPriority": priority}
        with Refused("WorkflowExecutionAlreadyStartedFault"):
            self.client.start_workflow_execution(
                domain="d",
                workflowId=workflow_id,
                workflowType=W1,
                executionStartToCloseTimeout=lifetime,
                taskStartToCloseTimeout=timeout,
                tagList=list(tags),
                **members,
            )

    @rule(workflow_id=ids)
    def signal(self, workflow_id):
        with Refused("UnknownResourceFault"):
            self.client.signal_workflow_execution(domain="d", workflowId=workflow_id, signalName="s")

    @rule(workflow_id=ids)
    def request_cancel(self, workflow_id):
        with Refused("UnknownResourceFault"):
            self.client.request_cancel_workflow_execution(domain="d", workflowId=workflow_id)

    @rule(workflow_id=ids, often=st.integers(0, 9))
    def terminate(self, workflow_id, often):
        if often == 0:
            with Refused("UnknownResourceFault"):
                self.client.terminate_workflow_execution(domain="d", workflowId=workflow_id)

    @rule(task_list=task_lists)
    def take_decision(self, task_list):
        task = self.client.poll_for_decision_task(domain="d", taskList={"name": task_list})
        if task["taskToken"]:
            assert task["events"][-1]["eventId"] == task["startedEventId"]
            assert task["taskToken"] not in self.decision_tasks
            self.decision_tasks.append(task["taskToken"])

    @precondition(lambda self: self.decision_tasks)
    @rule(answer=answers, override=overrides, late=st.booleans())
    def answer_decision(self, answer, override, late):
        token = self.decision_tasks[0 if late else -1]
        made, close = answer
        with Refused("UnknownResourceFault"):
            self.client.respond_decision_task_completed(
                taskToken=token,
                decisions=[decision.raw for decision in [*made, *([close] if close else [])]],
                **override,
            )
            self.answer_once(token)

    @rule(task_list=st.sampled_from(["al", "other"]))
    def take_activity(self, task_list):
        task = self.client.poll_for_activity_task(domain="d", taskList={"name": task_list})
        if task["taskToken"]:
            assert task["taskToken"] not in self.activity_tasks
            self.activity_tasks.append(task["taskToken"])

    @precondition(lambda self: self.activity_tasks)
    @rule(late=st.booleans(), details=st.sampled_from([{}, {"details": "d"}]))
    def heartbeat(self, late, details):
        with Refused("UnknownResourceFault"):
            token = self.activity_tasks[0 if late else -1]
            self.client.record_activity_task_heartbeat(taskToken=token, **details)

    @precondition(lambda self: self.activity_tasks)
    @rule(late=st.booleans(), how=st.sampled_from(["completed", "failed", "canceled"]))
    def answer_activity(self, late, how):
        token = self.activity_tasks[0 if late else -1]
        with Refused("UnknownResourceFault"):
            getattr(self.client, f"respond_activity_task_{how}")(taskToken=token)
            self.answer_once(token)

    @rule(seconds=st.sampled_from([0.001, 0.999, 1, 4, 5, 55, 61]))
    def time_passes(self, seconds):
        self.engine.clock.advance(seconds=seconds)

    def answer_once(self, token):
        assert token not in self.answered, "a task was answered twice"
        self.answered.add(token)

    @invariant()
    def histories_and_rows_agree(self):
        self.database.check()

    @invariant()
    def closed_runs_never_change(self):
        counts = self.database.rows(
            "SELECT run, count(*) FROM event JOIN execution USING (run) WHERE status = 'CLOSED' GROUP BY run"
        )
        for run, count in counts:
            assert self.closed.setdefault(run, count) == count

    @invariant()
    def no_deadline_is_overdue(self):
        assert self.database.rows("SELECT * FROM deadline WHERE due <= ?", self.engine.clock.now()) == []


class Refused(suppress):
    """Lets some faults of SWF pass, and no other error."""

    def __init__(self, *codes):
        super().__init__(ClientError)
        self.codes = codes

    def __exit__(self, kind, error, trace):
        return super().__exit__(kind, error, trace) and error.response["Error"]["Code"] in self.codes


def test_histories_and_rows_agree_after_anything(attached, registered, database):
    run_state_machine_as_test(
        lambda: Asked(attached, registered, database),
        settings=settings(
            max_examples=60, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )


class Crowd:
    """Threads that do anything at any time, on one engine."""

    def __init__(self, client, seed):
        self.client = client
        self.seed = seed
        self.lock = threading.Lock()
        self.handed_out = []
        self.answered = []

    def run(self, threads, steps):
        with ThreadPoolExecutor(threads) as pool:
            for done in [pool.submit(self.work, number, steps) for number in range(threads)]:
                done.result()

    def work(self, number, steps):
        chance = random.Random(f"{self.seed}/{number}")
        doings = [self.start, self.signal, self.request_cancel, self.decide, self.decide, self.perform, self.perform]
        for step in range(steps):
            with Refused("UnknownResourceFault", "WorkflowExecutionAlreadyStartedFault"):
                if step % 50 == 49:
                    self.client.terminate_workflow_execution(domain="d", workflowId=chance.choice(IDS))
                chance.choice(doings)(chance)

    def start(self, chance):
        timeouts = {"executionStartToCloseTimeout": "60", "taskStartToCloseTimeout": chance.choice(["0", "1", "NONE"])}
        self.client.start_workflow_execution(domain="d", workflowId=chance.choice(IDS), workflowType=W1, **timeouts)

    def signal(self, chance):
        self.client.signal_workflow_execution(domain="d", workflowId=chance.choice(IDS), signalName="s")

    def request_cancel(self, chance):
        self.client.request_cancel_workflow_execution(domain="d", workflowId=chance.choice(IDS))

    def decide(self, chance):
        task = self.client.poll_for_decision_task(domain="d", taskList={"name": "dl"})
        if not task["taskToken"]:
            return
        token = self.hand_out(task)
        made = [self.decision(chance).raw for _ in range(chance.randrange(4))]
        if chance.random() < 0.1:
            made.append(CompleteWorkflowExecution().raw)
        self.client.respond_decision_task_completed(taskToken=token, decisions=made)
        self.answer(token)

    def decision(self, chance):
        some_id, timeout = chance.choice(IDS), chance.choice([0, 1, 30])
        return chance.choice(
            [
                ScheduleActivityTask(activity_type=("A", "1"), activity_id=some_id, heartbeat_timeout=timeout),
                ScheduleActivityTask(activity_type=("A", "1"), activity_id=some_id, schedule_to_start_timeout=timeout),
                RequestCancelActivityTask(activity_id=some_id),
                StartTimer(timer_id=some_id, start_to_fire_timeout=timeout),
                CancelTimer(timer_id=some_id),
            ]
        )

    def perform(self, chance):
        task = self.client.poll_for_activity_task(domain="d", taskList={"name": "al"})
        if not task["taskToken"]:
            return
        token = self.hand_out(task)
        self.client.record_activity_task_heartbeat(taskToken=token, details="d")
        if chance.random() < 0.8:
            self.client.respond_activity_task_completed(taskToken=token)
            self.answer(token)

    def hand_out(self, task):
        with self.lock:
            self.handed_out.append(task["taskToken"])
        return task["taskToken"]

    def answer(self, token):
        with self.lock:
            self.answered.append(token)


@pytest.mark.parametrize("seed", range(3))
def test_histories_and_rows_agree_after_many_threads_did_anything(attached, registered, database, seed):
    with Engine(clock=RealClock(), poll_wait_seconds=0.002) as engine:
        client = attached(engine, max_pool_connections=20)
        registered(client)
        crowd = Crowd(client, seed)

        crowd.run(threads=6, steps=150)

        assert len(set(crowd.handed_out)) == len(crowd.handed_out) > 50
        assert len(set(crowd.answered)) == len(crowd.answered) > 20
        with engine._turn:
            assert database(engine).check() > 3
