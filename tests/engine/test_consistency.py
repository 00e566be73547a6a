"""Whatever is asked of an engine in whatever order, its histories and its rows agree.

Hypothesis tries operations and decisions on a clock that it moves; several threads do the same without an order.
"""

import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import attrs
import pytest
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from swf.engine import Engine, Limits, RealClock, VirtualClock
from swf.models.decision import (
    CancelTimer,
    CancelWorkflowExecution,
    CompleteWorkflowExecution,
    ContinueAsNewWorkflowExecution,
    FailWorkflowExecution,
    RecordMarker,
    RequestCancelActivityTask,
    RequestCancelExternalWorkflowExecution,
    ScheduleActivityTask,
    ScheduleLambdaFunction,
    SignalExternalWorkflowExecution,
    StartChildWorkflowExecution,
    StartTimer,
)
from tests.engine.asking import Refusal, ask
from tests.engine.functions import Functions
from tests.engine.invariants import Watch, description_problems
from tests.engine.snapshot import Snapshot, stale_states

W1 = {"name": "W", "version": "1"}
IDS = ("one", "two", "three")
POLICIES = ("TERMINATE", "REQUEST_CANCEL", "ABANDON")
ROLE = "arn:aws:iam::123456789012:role/swf"
# So few that every one of them is reached.
TIGHT = Limits(open_executions=4, open_activities=2, open_timers=2, open_children=1, open_lambda_functions=1, events=12)

ids = st.sampled_from(IDS)
timeouts = st.sampled_from([None, None, 0, 1, 5, 60, "NONE"])
task_lists = st.sampled_from(["dl", "dl", "other"])
worker_lists = st.sampled_from(["al", "al", "other"])
policies = st.sampled_from(POLICIES)
own_policies = st.sampled_from([None, *POLICIES])
run_ids = st.sampled_from([None, None, None, "another"])

activities = st.builds(
    ScheduleActivityTask,
    activity_type=st.sampled_from([("A", "1"), ("A", "1"), ("A", "1"), ("B", "1"), ("X", "1")]),
    activity_id=ids,
    task_list=st.sampled_from([None, "al", "other"]),
    task_priority=st.sampled_from([None, -1, 0, 7]),
    schedule_to_start_timeout=timeouts,
    schedule_to_close_timeout=timeouts,
    start_to_close_timeout=timeouts,
    heartbeat_timeout=timeouts,
)
children = st.builds(
    StartChildWorkflowExecution,
    workflow_type=st.sampled_from([("W", "1"), ("W", "1"), ("W", "1"), ("X", "1")]),
    workflow_id=st.sampled_from([*IDS, "child", "other child"]),
    input=st.sampled_from([None, "i"]),
    task_list=st.sampled_from([None, None, "other"]),
    child_policy=own_policies,
    execution_start_to_close_timeout=st.sampled_from([None, 5, 70, "NONE"]),
    tag_list=st.sampled_from([None, ["t"]]),
    lambda_role=st.sampled_from([None, ROLE]),
)
calls = st.builds(
    ScheduleLambdaFunction,
    id=ids,
    name=st.sampled_from(["echo", "broken", "hangs", "nobody"]),
    start_to_close_timeout=st.sampled_from([None, 1, 5]),
)
signals = st.builds(
    SignalExternalWorkflowExecution, workflow_id=ids, run_id=run_ids, signal_name=ids, input=st.sampled_from([None, ""])
)
successors = st.builds(
    ContinueAsNewWorkflowExecution,
    workflow_type_version=st.sampled_from([None, None, "2"]),
    child_policy=own_policies,
    execution_start_to_close_timeout=st.sampled_from([None, 5, 70, "NONE"]),
    tag_list=st.sampled_from([None, ["t"]]),
)
decisions = st.one_of(
    activities,
    activities,
    children,
    children,
    children,
    calls,
    signals,
    st.builds(RequestCancelExternalWorkflowExecution, workflow_id=ids, run_id=run_ids),
    st.builds(RequestCancelActivityTask, activity_id=ids),
    st.builds(StartTimer, timer_id=ids, start_to_fire_timeout=st.sampled_from([0, 1, 5, 60])),
    st.builds(CancelTimer, timer_id=ids),
    st.builds(RecordMarker, marker_name=ids),
)
closes = successors | st.sampled_from(
    [CompleteWorkflowExecution(result="r"), FailWorkflowExecution(reason="r"), CancelWorkflowExecution(details="d")]
)
ends = st.integers(0, 5).flatmap(lambda often: closes if often == 0 else st.none())


def together(made, end):
    """Give the decisions of an answer; a task or a timer does not go with an end."""
    return made if end is None else [*(decision for decision in made if decision.goes_with_close), end]


answers = st.builds(together, st.lists(decisions, max_size=4), ends)
overrides = st.sampled_from(
    [
        {},
        {},
        {"taskList": {"name": "other"}},
        {"taskList": {"name": "other"}, "taskListScheduleToStartTimeout": "5"},
        {"taskListScheduleToStartTimeout": "0"},
        {"taskList": {"name": "dl"}, "taskListScheduleToStartTimeout": "NONE"},
        {"executionContext": "context"},
    ]
)


# Who does what, and with what; those that carry a run on come more often than those that hinder it.
doings = {
    "start": {
        "workflow_id": ids,
        "lifetime": st.sampled_from(["5", "70", "3600", "3600"]),
        "timeout": st.sampled_from(["0", "5", "NONE", "NONE"]),
        "policy": policies,
        "tags": st.lists(ids, max_size=2),
        "members": st.sampled_from(
            [{}, {"taskPriority": "3"}, {"lambdaRole": ROLE}, {"lambdaRole": ROLE}, {"taskList": {"name": "other"}}]
        ),
    },
    "signal": {"workflow_id": ids},
    "request_cancel": {"workflow_id": ids},
    "terminate": {"workflow_id": ids, "policy": own_policies},
    "take_decision": {"task_list": task_lists},
    "answer_decision": {"answer": answers, "override": overrides, "late": st.booleans()},
    "decide": {"task_list": task_lists, "answer": answers, "override": overrides},
    "take_activity": {"task_list": worker_lists},
    "heartbeat": {"late": st.booleans(), "details": st.sampled_from([{}, {"details": "d"}])},
    "answer_activity": {"late": st.booleans(), "how": st.sampled_from(["Completed", "Failed", "Canceled"])},
    "let_time_pass": {
        "duration": st.sampled_from(
            [*({"seconds": seconds} for seconds in (0.001, 0.999, 1, 4, 5, 55, 61)), {"days": 1}, {"days": 7}]
        )
    },
}
OFTEN = {"decide": 8, "signal": 2, "take_activity": 2, "answer_activity": 2, "start": 2, "let_time_pass": 2}


class Asked(RuleBasedStateMachine):
    """Deciders, workers and operators that do anything at any time."""

    def __init__(self, attached, registered):
        super().__init__()
        self.attached = attached
        self.registered = registered
        self.watch = Watch()
        self.functions = Functions()
        self.decision_tasks = []
        self.activity_tasks = []
        self.answered = set()
        self.handed_out = []
        self.calls = 0
        self.described = {}

    @initialize(limits=st.sampled_from(["off", "off", TIGHT]))
    def begin(self, limits):
        self.engine = Engine(clock=VirtualClock(), poll_wait_seconds=0, limits=limits, functions=self.functions.by_name)
        self.registered(self.attached(self.engine))
        self.start("one", "3600", "NONE", "TERMINATE", [], {"lambdaRole": ROLE})

    def teardown(self):
        self.engine.close()
        self.functions.end()

    # One rule for all: of several, Hypothesis leaves out about half for the whole of an example.
    @rule(
        doing=st.sampled_from([name for name in doings for _ in range(OFTEN.get(name, 1))]).flatmap(
            lambda name: st.tuples(st.just(name), st.fixed_dictionaries(doings[name]))
        )
    )
    def somebody(self, doing):
        name, members = doing
        with refused("UnknownResourceFault", "WorkflowExecutionAlreadyStartedFault", "LimitExceededFault"):
            getattr(self, name)(**members)

    def ask(self, operation, **request):
        return ask(self.engine, operation, **request)

    def start(self, workflow_id, lifetime, timeout, policy, tags, members):
        self.ask(
            "StartWorkflowExecution",
            domain="d",
            workflowId=workflow_id,
            workflowType=W1,
            executionStartToCloseTimeout=lifetime,
            taskStartToCloseTimeout=timeout,
            childPolicy=policy,
            tagList=list(tags),
            **members,
        )

    def signal(self, workflow_id):
        self.ask("SignalWorkflowExecution", domain="d", workflowId=workflow_id, signalName="s")

    def request_cancel(self, workflow_id):
        self.ask("RequestCancelWorkflowExecution", domain="d", workflowId=workflow_id)

    def terminate(self, workflow_id, policy):
        members = {} if policy is None else {"childPolicy": policy}
        self.ask("TerminateWorkflowExecution", domain="d", workflowId=workflow_id, **members)

    def take_decision(self, task_list):
        task = self.ask("PollForDecisionTask", domain="d", taskList={"name": task_list})
        if task["taskToken"]:
            started = task["events"][-1]
            assert (started["eventType"], started["eventId"]) == ("DecisionTaskStarted", task["startedEventId"])
            assert task["taskToken"] not in self.decision_tasks
            self.decision_tasks.append(task["taskToken"])

    def answer_decision(self, answer, override, late):
        if not self.decision_tasks:
            return
        token = self.decision_tasks[0 if late else -1]
        made = [self.told_apart(decision).raw for decision in answer]
        self.ask("RespondDecisionTaskCompleted", taskToken=token, decisions=made, **override)
        self.answer_once(token)

    def told_apart(self, decision):
        if not isinstance(decision, ScheduleLambdaFunction):
            return decision
        self.calls += 1
        return attrs.evolve(decision, input={"call": str(self.calls)})

    def decide(self, task_list, answer, override):
        self.take_decision(task_list)
        self.answer_decision(answer, override, late=False)

    def take_activity(self, task_list):
        task = self.ask("PollForActivityTask", domain="d", taskList={"name": task_list})
        if task["taskToken"]:
            self.handed_out.append((task["workflowExecution"]["runId"], task["startedEventId"]))
            assert task["taskToken"] not in self.activity_tasks
            self.activity_tasks.append(task["taskToken"])

    def heartbeat(self, late, details):
        if self.activity_tasks:
            token = self.activity_tasks[0 if late else -1]
            self.ask("RecordActivityTaskHeartbeat", taskToken=token, **details)

    def answer_activity(self, late, how):
        if self.activity_tasks:
            token = self.activity_tasks[0 if late else -1]
            self.ask(f"RespondActivityTask{how}", taskToken=token)
            self.answer_once(token)

    def let_time_pass(self, duration):
        self.engine.clock.advance(**duration)

    def answer_once(self, token):
        assert token not in self.answered, "a task was answered twice"
        self.answered.add(token)

    @invariant()
    def all_is_well(self):
        self.functions.settle(self.engine)
        snapshot = Snapshot.of(self.engine)
        self.watch.look(snapshot)
        started = {self.watch.story(run_id).events[event_id - 1].name for run_id, event_id in self.handed_out}
        assert started <= {"ActivityTaskStarted"}
        assert stale_states(self.engine) == []
        assert [run for run in snapshot.runs if any(due <= snapshot.now for due, _ in run.deadlines.values())] == []
        self.descriptions_agree(snapshot)

    def descriptions_agree(self, snapshot):
        for run in snapshot.runs:
            if self.described.get(run.id) != len(run.events):
                self.described[run.id] = len(run.events)
                assert list(description_problems(self.watch.story(run.id), described(self.engine, run))) == []


def described(engine, run):
    """Give what is told of a run, as it stands in SWF's JSON."""
    execution = {"workflowId": run.row["workflow_id"], "runId": run.id}
    return ask(engine, "DescribeWorkflowExecution", domain=run.row["domain"], execution=execution)


@contextmanager
def refused(*codes):
    """Let some faults of SWF pass, and no other error."""
    try:
        yield
    except (ClientError, Refusal) as refusal:
        if refusal.response["Error"]["Code"] not in codes:
            raise


def test_histories_and_rows_agree_after_anything(attached, registered):
    run_state_machine_as_test(
        lambda: Asked(attached, registered),
        settings=settings(
            max_examples=40, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )


@pytest.mark.parametrize(
    ("tampering", "problem"),
    [
        ("DELETE FROM waiting_task", "the tasks set() wait, not {('decision', 'd', 'dl', 0, 2)}"),
        ("DELETE FROM deadline", "the deadline EXECUTION of WorkflowExecutionStarted"),
        ("UPDATE deadline SET due = due + 1", "the deadline EXECUTION of WorkflowExecutionStarted"),
        ("UPDATE deadline SET event_id = 2", "the deadline EXECUTION belongs to nothing open: event 2"),
        ("INSERT INTO deadline VALUES (7, 'EXECUTION', 1, 1, 0, NULL)", "deadline has rows of runs that are not there"),
        ("INSERT INTO heartbeat VALUES (1, 2, 'd')", "details of heartbeats are kept for {2}"),
        ("INSERT INTO execution_tag VALUES ('d', 't', 1, 1)", "it is listed under {('t', 1)}, not set()"),
        ("UPDATE execution SET status = 'CLOSED'", "row: status is 'CLOSED', not 'OPEN'"),
        (
            "UPDATE execution SET info = replace(info, 'OPEN', 'CLOSED')",
            "info: executionStatus is 'CLOSED', not 'OPEN'",
        ),
        ("UPDATE execution SET parent_run = 7", "its row or its start tells half a parent"),
        ("UPDATE event SET body = replace(body, 'dl', 'other')", "its first 3 events changed"),
        ("DELETE FROM event WHERE id = 3", "its first 3 events changed"),
        ("DELETE FROM execution", "it is open, and not there any more"),
    ],
)
def test_what_does_not_agree_is_found(attached, registered, tampering, problem):
    with Engine(clock=VirtualClock(), poll_wait_seconds=0) as engine:
        registered(attached(engine))
        ask(engine, "StartWorkflowExecution", domain="d", workflowId="one", workflowType=W1)
        ask(engine, "SignalWorkflowExecution", domain="d", workflowId="one", signalName="s")
        watch = Watch()
        watch.look(Snapshot.of(engine))

        engine._store.execute(tampering)

        assert problem in "\n".join(watch.problems(Snapshot.of(engine)))


def test_a_run_that_reaches_its_most_events_by_a_signal_to_itself_is_closed_for_good(attached, registered):
    with Engine(clock=VirtualClock(), poll_wait_seconds=0, limits=Limits(events=6)) as engine:
        registered(attached(engine))
        ask(engine, "StartWorkflowExecution", domain="d", workflowId="one", workflowType=W1)
        task = ask(engine, "PollForDecisionTask", domain="d", taskList={"name": "dl"})
        to_itself = SignalExternalWorkflowExecution(workflow_id="one", signal_name="s")

        ask(engine, "RespondDecisionTaskCompleted", taskToken=task["taskToken"], decisions=[to_itself.raw])

        snapshot = Snapshot.of(engine)
        Watch().look(snapshot)
        (run,) = snapshot.runs
        assert run.events[-1].name == "WorkflowExecutionTerminated"
        assert run.events[-1].cause == "EVENT_LIMIT_EXCEEDED"


def test_a_task_that_brings_its_run_to_its_most_events_tells_its_own_start(attached, registered):
    with Engine(clock=VirtualClock(), poll_wait_seconds=0, limits=Limits(events=3)) as engine:
        registered(attached(engine))
        ask(engine, "StartWorkflowExecution", domain="d", workflowId="one", workflowType=W1)

        task = ask(engine, "PollForDecisionTask", domain="d", taskList={"name": "dl"})

        told = [event["eventType"] for event in task["events"]]
        assert told == ["WorkflowExecutionStarted", "DecisionTaskScheduled", "DecisionTaskStarted"]
        assert task["startedEventId"] == 3


class Crowd:
    """Threads that do anything at any time, on one engine."""

    def __init__(self, client, seed):
        self.client = client
        self.seed = seed
        self.lock = threading.Lock()
        self.handed_out = []
        self.answered = []

    def run(self, threads, steps, meanwhile):
        """Have them do their steps, and something else again and again until they are done."""
        with ThreadPoolExecutor(threads) as pool:
            working = [pool.submit(self.work, number, steps) for number in range(threads)]
            while not all(work.done() for work in working):
                meanwhile()
                time.sleep(0.1)
            for work in working:
                work.result()

    def work(self, number, steps):
        chance = random.Random(f"{self.seed}/{number}")
        doings = [self.start, self.signal, self.request_cancel, self.decide, self.decide, self.perform, self.perform]
        for step in range(steps):
            with refused("UnknownResourceFault", "WorkflowExecutionAlreadyStartedFault"):
                if step % 50 == 49:
                    policy = chance.choice(POLICIES)
                    self.client.terminate_workflow_execution(
                        domain="d", workflowId=chance.choice(IDS), childPolicy=policy
                    )
                chance.choice(doings)(chance)

    def start(self, chance):
        members = {
            "executionStartToCloseTimeout": "60",
            "taskStartToCloseTimeout": chance.choice(["0", "1", "NONE"]),
            "lambdaRole": ROLE,
        }
        self.client.start_workflow_execution(domain="d", workflowId=chance.choice(IDS), workflowType=W1, **members)

    def signal(self, chance):
        self.client.signal_workflow_execution(domain="d", workflowId=chance.choice(IDS), signalName="s")

    def request_cancel(self, chance):
        self.client.request_cancel_workflow_execution(domain="d", workflowId=chance.choice(IDS))

    def decide(self, chance):
        task = self.client.poll_for_decision_task(domain="d", taskList={"name": "dl"})
        if not task["taskToken"]:
            return
        token = self.hand_out(task)
        made = [self.decision(chance) for _ in range(chance.randrange(4))]
        end = chance.choice([CompleteWorkflowExecution(), ContinueAsNewWorkflowExecution()])
        decided = together(made, end if chance.random() < 0.1 else None)
        self.client.respond_decision_task_completed(taskToken=token, decisions=[decision.raw for decision in decided])
        self.answer(token)

    def decision(self, chance):
        some_id, timeout = chance.choice(IDS), chance.choice([0, 1, 30])
        function = chance.choice(["echo", "nobody"])
        return chance.choice(
            [
                ScheduleActivityTask(activity_type=("A", "1"), activity_id=some_id, heartbeat_timeout=timeout),
                ScheduleActivityTask(activity_type=("A", "1"), activity_id=some_id, schedule_to_start_timeout=timeout),
                RequestCancelActivityTask(activity_id=some_id),
                StartTimer(timer_id=some_id, start_to_fire_timeout=timeout),
                CancelTimer(timer_id=some_id),
                StartChildWorkflowExecution(workflow_type=("W", "1"), workflow_id=some_id, lambda_role=ROLE),
                SignalExternalWorkflowExecution(workflow_id=some_id, signal_name="s"),
                RequestCancelExternalWorkflowExecution(workflow_id=some_id),
                ScheduleLambdaFunction(id=some_id, name=function),
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


@pytest.mark.parametrize("seed", range(2))
def test_histories_and_rows_agree_while_and_after_many_threads_did_anything(attached, registered, until, seed):
    functions, watch = {"echo": lambda event: event}, Watch()
    with Engine(clock=RealClock(), poll_wait_seconds=0.002, functions=functions) as engine:
        client = attached(engine, max_pool_connections=20)
        registered(client)
        crowd = Crowd(client, seed)

        crowd.run(threads=6, steps=150, meanwhile=lambda: watch.look(Snapshot.of(engine)))

        until(lambda: not any(thread.name.startswith("swf-engine-lambda") for thread in threading.enumerate()))
        snapshot = Snapshot.of(engine)
        watch.look(snapshot)
        assert len(set(crowd.handed_out)) == len(crowd.handed_out) > 50
        assert len(set(crowd.answered)) == len(crowd.answered) > 20
        assert len(snapshot.runs) > 3
