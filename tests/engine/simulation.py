"""A machine that dies and whose clock is wrong, a network that loses and doubles, and small programs that use both.

Everything that happens is drawn from one random number generator, so that a seed tells a whole simulation.
"""

import shutil
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from swf.engine import Engine, VirtualClock
from swf.engine.clock import to_datetime
from swf.models.decision import (
    CancelTimer,
    CancelWorkflowExecution,
    CompleteWorkflowExecution,
    ContinueAsNewWorkflowExecution,
    Decision,
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
from tests.engine.functions import Functions
from tests.engine.invariants import Watch
from tests.engine.snapshot import Snapshot

if TYPE_CHECKING:
    from mypy_boto3_swf import SWFClient

WORKFLOW_IDS = ("one", "two", "three", "four", "five")
CHILD_IDS = (*WORKFLOW_IDS, "child", "other child")
IDS = ("a", "b", "c")
DECISION_LISTS = ("dl", "other")
POLICIES = ("TERMINATE", "REQUEST_CANCEL", "ABANDON")
ROLE = "arn:aws:iam::123456789012:role/swf"
MONTH = "2592000"

# What a request may be answered instead, as other programs got there first, or the same one did.
LATE = ("UnknownResourceFault", "WorkflowExecutionAlreadyStartedFault")

FATES = {"arrives": 85, "is lost": 3, "is answered in vain": 5, "arrives twice": 4, "kills the machine": 3}


class Machine:
    """Runs an engine on a file; when it dies, it comes up again with what was on its disk, and maybe another time.

    Args:
        attached: Makes the client that the engine answers, in all its lives.
        folder: Where its disk is.

    Attributes:
        engine: The engine that runs now.
        watch: What was seen of it by now, in all its lives.
        lives: How often it came up.
    """

    def __init__(self, attached: "Callable[[Engine], SWFClient]", folder: Path) -> None:
        self.watch = Watch()
        self.lives = 0
        self._folder = folder
        self._disk = folder / "0.db"
        self._boot(VirtualClock())
        self.client = attached(self.engine)

    def restart(self, shift: timedelta) -> None:
        """End in order, and come up again; meanwhile the clock was moved."""
        self._end(self._disk)
        self._boot_again(shift)

    @contextmanager
    def dying(self, commits: int, shift: timedelta) -> Iterator[None]:
        """Die in the block once so many transactions were committed, or at its end; then come up again."""
        image, begun, mine = self._folder / f"{self.lives}.db", 0, threading.get_ident()

        def see(statement: str) -> None:
            nonlocal begun
            if statement.startswith("BEGIN") and threading.get_ident() == mine:
                begun += 1
                if begun == commits + 1:
                    copied(self._disk, image)

        self.engine._store._connection.set_trace_callback(see)
        yield
        self.engine._store._connection.set_trace_callback(None)
        if not image.exists():
            copied(self._disk, image)
        self._end(image)
        self._boot_again(shift)

    def look(self) -> Snapshot:
        """See that all is well."""
        self.functions.settle(self.engine)
        snapshot = Snapshot.of(self.engine)
        self.watch.look(snapshot)
        overdue = [run for run in snapshot.runs if any(due <= snapshot.now for due, _ in run.deadlines.values())]
        assert overdue == []
        return snapshot

    def end(self) -> None:
        """End for good."""
        self._end(self._disk)

    def _end(self, disk: Path) -> None:
        self.engine.close()
        self._disk = disk
        self.functions.end()

    def _boot_again(self, shift: timedelta) -> None:
        self.watch.set_back += max(0, -(shift // timedelta(milliseconds=1)))
        self._boot(VirtualClock(to_datetime(self.engine.clock.now()) + shift))
        self.engine.attach(self.client)
        self.look()

    def _boot(self, clock: VirtualClock) -> None:
        self.lives += 1
        self.functions = Functions()
        self.engine = Engine(self._disk, clock=clock, poll_wait_seconds=0, functions=self.functions.by_name)


def copied(database: Path, copy: Path) -> None:
    """Copy a database as it is on the disk at this moment."""
    for suffix in ("", "-wal"):
        if (part := Path(f"{database}{suffix}")).exists():
            shutil.copyfile(part, f"{copy}{suffix}")


class Ledger:
    """What histories have to hold, as the answers of all requests tell: how often at least, and at most."""

    def __init__(self) -> None:
        self._least: Counter[tuple[str, str, str]] = Counter()
        self._most: Counter[tuple[str, str, str]] = Counter()

    def note(self, kind: str, member: str, value: str, *, is_sure: bool) -> None:
        """Note that an event of a kind with such a member was made; or, unless that is sure, may have been."""
        self._least[kind, member, value] += is_sure
        self._most[kind, member, value] += 1

    def problems(self, events: Iterable[Any]) -> Iterator[str]:
        """Yield what the histories lack, or have too much of."""
        found = Counter(
            (event.name, member, getattr(event, member, None))
            for event in events
            for member in ("input", "signal_name", "identity", "execution_context", "result", "reason", "details")
        )
        for key, most in self._most.items():
            if not self._least[key] <= found[key] <= most:
                yield f"{key} is there {found[key]} times, not {self._least[key]} to {most}"


class Network:
    """Carries requests to a machine: some are lost, some answers are, some arrive twice, and some kill the machine.

    Attributes:
        ledger: What the answers tell of the histories.
        is_reliable: Whether all arrives once, for now.
    """

    def __init__(self, machine: Machine, chance: Random) -> None:
        self.ledger = Ledger()
        self.is_reliable = False
        self._machine = machine
        self._chance = chance
        self._used_tokens: Counter[str] = Counter()

    def ask(self, operation: str, leaves: tuple[str, str, str] | None = None, **request: Any) -> Any:
        """Ask until there is an answer; gives it, or None when the request came too late.

        Args:
            operation: What to ask for.
            leaves: The event that the request makes: its type, and a member whose value no other event has.
            **request: The members of the request.
        """
        while True:
            fate = "arrives" if self.is_reliable else self._drawn_fate()
            print(operation, *request.values(), fate, sep=" | ")
            answers = self._answers(fate, operation, leaves, request)
            if answers:
                return self._chance.choice(answers)
            if self._chance.random() < 0.2:
                self._machine.engine.clock.advance(seconds=self._chance.choice([1, 70]))

    def _drawn_fate(self) -> str:
        return self._chance.choices(list(FATES), list(FATES.values()))[0]

    def _answers(self, fate: str, operation: str, leaves: Any, request: Mapping[str, Any]) -> list[Any]:
        """Give the answers that the client could take for the one to its request."""
        match fate:
            case "arrives":
                return [self._send(operation, leaves, request)]
            case "arrives twice":
                return [self._send(operation, leaves, request), self._send(operation, leaves, request)]
            case "is answered in vain":
                self._send(operation, leaves, request)
            case "kills the machine":
                with self._machine.dying(self._chance.choice([0, 1, 1, 2, 3]), drawn_shift(self._chance)):
                    self._send(operation, leaves, request, is_sure=False)
        return []

    def _send(self, operation: str, leaves: Any, request: Mapping[str, Any], *, is_sure: bool = True) -> Any:
        try:
            answer = getattr(self._machine.client, operation)(**request)
        except ClientError as error:
            told = error.response["Error"]
            if told["Code"] not in LATE and "maximum lifetime" not in told["Message"]:
                raise
            return None
        if leaves is not None and answer.get("taskToken") != "":
            self.ledger.note(*leaves, is_sure=is_sure)
        if operation.startswith("respond") and is_sure:
            self._used_tokens[request["taskToken"]] += 1
            assert self._used_tokens[request["taskToken"]] == 1, "a task was answered twice"
        return answer


def drawn_shift(chance: Random) -> timedelta:
    """Draw by how much a clock is moved while its machine is down."""
    return timedelta(seconds=chance.choice([0, 0, 3, 600, -3, -120, -3600]))


class Simulation:
    """Deciders, workers and operators that do anything at any time, on a machine and through a network like these."""

    def __init__(self, attached: "Callable[[Engine], SWFClient]", folder: Path, chance: Random) -> None:
        self.machine = Machine(attached, folder)
        self.network = Network(self.machine, chance)
        self.chance = chance
        self.held_decisions: list[Any] = []
        self.held_activities: list[Any] = []
        self._number = 0

    def run(self, steps: int) -> None:
        """Do some things, and see that all is well."""
        doings: dict[Callable[[], None], int] = {
            self.start: 3,
            self.signal: 2,
            self.request_cancel: 1,
            self.terminate: 1,
            self.decide: 12,
            self.decide_late: 2,
            self.perform: 6,
            self.perform_late: 2,
            self.let_time_pass: 3,
            self.restart: 1,
        }
        for step in range(steps):
            self.chance.choices(list(doings), list(doings.values()))[0]()
            if step % 10 == 0:
                self.machine.look()
        self.machine.look()

    def unique(self) -> str:
        self._number += 1
        return f"no. {self._number}"

    def some_workflow_id(self) -> str:
        return self.chance.choice(WORKFLOW_IDS)

    def start(self) -> None:
        input = self.unique()
        self.network.ask(
            "start_workflow_execution",
            ("WorkflowExecutionStarted", "input", input),
            domain="d",
            workflowId=self.some_workflow_id(),
            workflowType={"name": "W", "version": "1"},
            executionStartToCloseTimeout=MONTH,
            taskStartToCloseTimeout=self.chance.choice(["5", "60"]),
            childPolicy=self.chance.choice(POLICIES),
            taskList={"name": self.chance.choice(DECISION_LISTS)},
            lambdaRole=ROLE,
            input=input,
        )

    def signal(self) -> None:
        name = self.unique()
        leaves = ("WorkflowExecutionSignaled", "signal_name", name)
        self.network.ask(
            "signal_workflow_execution", leaves, domain="d", workflowId=self.some_workflow_id(), signalName=name
        )

    def request_cancel(self) -> None:
        self.network.ask("request_cancel_workflow_execution", domain="d", workflowId=self.some_workflow_id())

    def terminate(self) -> None:
        reason = self.unique()
        self.network.ask(
            "terminate_workflow_execution",
            ("WorkflowExecutionTerminated", "reason", reason),
            domain="d",
            workflowId=self.some_workflow_id(),
            reason=reason,
            childPolicy=self.chance.choice(POLICIES),
        )

    def decide(self) -> None:
        """Take a decision task with all of its history, and mostly answer it."""
        identity = self.unique()
        task_list = {"name": self.chance.choice(DECISION_LISTS)}
        task = self.network.ask(
            "poll_for_decision_task",
            ("DecisionTaskStarted", "identity", identity),
            domain="d",
            taskList=task_list,
            identity=identity,
            maximumPageSize=self.chance.choice([2, 7, 1000]),
        )
        if not task["taskToken"] or not self.has_read_all(task, task_list):
            return
        if self.chance.random() < 0.15:
            self.held_decisions.append(task)
        else:
            self.answer_decision(task)

    def has_read_all(self, task: Any, task_list: dict[str, str]) -> bool:
        """Read the history's other pages; tells whether the task was there long enough for that."""
        events, page = list(task["events"]), task
        while token := page.get("nextPageToken"):
            page = self.network.ask(
                "poll_for_decision_task",
                domain="d",
                taskList=task_list,
                nextPageToken=token,
                maximumPageSize=7,
            )
            if page is None:
                return False
            events += page["events"]
        assert [event["eventId"] for event in events] == list(range(1, task["startedEventId"] + 1))
        return True

    def answer_decision(self, task: Any) -> None:
        context = self.unique()
        members: dict[str, Any] = {}
        if self.chance.random() < 0.1:
            members = {"taskList": {"name": "other"}, "taskListScheduleToStartTimeout": "5"}
        made = [self.decision() for _ in range(self.chance.randrange(4))]
        if self.chance.random() < 0.1:
            # A task or a timer does not go with an end.
            made = [*(decision for decision in made if decision.goes_with_close), self.close()]
        self.network.ask(
            "respond_decision_task_completed",
            ("DecisionTaskCompleted", "execution_context", context),
            taskToken=task["taskToken"],
            decisions=[decision.raw for decision in made],
            executionContext=context,
            **members,
        )

    def decision(self) -> Decision:
        chance, some_id = self.chance, self.chance.choice(IDS)
        if chance.random() < 0.2:
            return self.child()
        activity = {"activity_type": ("A", "1"), "activity_id": some_id}
        return chance.choice(
            [
                ScheduleActivityTask(**activity, heartbeat_timeout=chance.choice([5, "NONE"])),
                ScheduleActivityTask(**activity, schedule_to_close_timeout=chance.choice([20, "NONE"])),
                RequestCancelActivityTask(activity_id=some_id),
                StartTimer(timer_id=some_id, start_to_fire_timeout=chance.choice([0, 4, 100])),
                CancelTimer(timer_id=some_id),
                RecordMarker(marker_name=some_id),
                SignalExternalWorkflowExecution(workflow_id=self.some_workflow_id(), signal_name=self.unique()),
                RequestCancelExternalWorkflowExecution(workflow_id=self.some_workflow_id()),
                ScheduleLambdaFunction(
                    id=some_id, name=chance.choice(["echo", "broken", "hangs"]), input={"call": self.unique()}
                ),
            ]
        )

    def child(self) -> Decision:
        return StartChildWorkflowExecution(
            workflow_type=("W", "1"),
            workflow_id=self.chance.choice(CHILD_IDS),
            execution_start_to_close_timeout=int(MONTH),
            lambda_role=ROLE,
        )

    def close(self) -> Decision:
        return self.chance.choice(
            [
                CompleteWorkflowExecution(result="r"),
                FailWorkflowExecution(reason="r"),
                CancelWorkflowExecution(),
                ContinueAsNewWorkflowExecution(execution_start_to_close_timeout=int(MONTH), lambda_role=ROLE),
                ContinueAsNewWorkflowExecution(execution_start_to_close_timeout=int(MONTH)),
            ]
        )

    def decide_late(self) -> None:
        if self.held_decisions:
            self.answer_decision(self.held_decisions.pop(self.chance.randrange(len(self.held_decisions))))

    def perform(self) -> None:
        """Take an activity task, and mostly answer it after some heartbeats."""
        identity = self.unique()
        task = self.network.ask(
            "poll_for_activity_task",
            ("ActivityTaskStarted", "identity", identity),
            domain="d",
            taskList={"name": "al"},
            identity=identity,
        )
        if not task["taskToken"]:
            return
        for _ in range(self.chance.randrange(3)):
            self.network.ask("record_activity_task_heartbeat", taskToken=task["taskToken"], details=self.unique())
        if self.chance.random() < 0.15:
            self.held_activities.append(task)
        else:
            self.answer_activity(task)

    def answer_activity(self, task: Any) -> None:
        how, member = self.chance.choice([("completed", "result"), ("failed", "reason"), ("canceled", "details")])
        told = self.unique()
        leaves = (f"ActivityTask{how.title()}", member, told)
        self.network.ask(f"respond_activity_task_{how}", leaves, taskToken=task["taskToken"], **{member: told})

    def perform_late(self) -> None:
        if self.held_activities:
            self.answer_activity(self.held_activities.pop(self.chance.randrange(len(self.held_activities))))

    def let_time_pass(self) -> None:
        self.machine.engine.clock.advance(seconds=self.chance.choice([0.001, 1, 4, 5, 30, 61, 3600]))

    def restart(self) -> None:
        self.machine.restart(drawn_shift(self.chance))


def drive_to_the_end(client: "SWFClient", clock: VirtualClock, task_lists: Iterable[str]) -> None:
    """Have deciders and workers that do what they should complete all open executions; it must not take long."""
    for _ in range(6):
        infos = client.list_open_workflow_executions(domain="d", startTimeFilter={"oldestDate": 0})["executionInfos"]
        if not infos:
            return
        for info in infos:
            workflow_id = info["execution"]["workflowId"]
            client.signal_workflow_execution(domain="d", workflowId=workflow_id, signalName="come to an end")
        while token := client.poll_for_activity_task(domain="d", taskList={"name": "al"})["taskToken"]:
            client.respond_activity_task_completed(taskToken=token)
        for name in task_lists:
            while token := client.poll_for_decision_task(domain="d", taskList={"name": name})["taskToken"]:
                client.respond_decision_task_completed(taskToken=token, decisions=[CompleteWorkflowExecution().raw])
        # Whoever has a task now will never answer it.
        clock.advance(seconds=61)
    raise AssertionError(f"these executions cannot be brought to an end: {infos}")
