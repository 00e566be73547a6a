"""What always holds of all that an engine keeps: each check yields what is wrong, and nothing when all is well."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import attrs

from tests.engine.snapshot import Run, Snapshot
from tests.engine.story import CLOSES, Story, Thing

# How a parent is told of the end of its child, and what else it is told.
CHILD_TOLD = {
    "WorkflowExecutionCompleted": ("ChildWorkflowExecutionCompleted", ("result",)),
    "WorkflowExecutionFailed": ("ChildWorkflowExecutionFailed", ("reason", "details")),
    "WorkflowExecutionCanceled": ("ChildWorkflowExecutionCanceled", ("details",)),
    "WorkflowExecutionTimedOut": ("ChildWorkflowExecutionTimedOut", ("timeout_type",)),
    "WorkflowExecutionTerminated": ("ChildWorkflowExecutionTerminated", ()),
}
# What a child has from its parent, and a new run from the one before it.
CARRIED = (
    "workflow_type",
    "child_policy",
    "task_list",
    "execution_start_to_close_timeout",
    "task_start_to_close_timeout",
    "task_priority",
    "lambda_role",
    "input",
    "tag_list",
)
LAMBDA_SECONDS = 900
DAY = 24 * 60 * 60


class Watch:
    """Looks at an engine again and again, and remembers what it saw.

    Attributes:
        set_back: By how many milliseconds the clock was set back in all, between two processes.
    """

    def __init__(self) -> None:
        self.set_back = 0
        self._stories: dict[str, Story] = {}

    def look(self, snapshot: Snapshot) -> None:
        """Raise an `AssertionError` with all that is wrong, if anything is."""
        problems = list(self.problems(snapshot))
        assert not problems, "\n".join(problems)

    def problems(self, snapshot: Snapshot) -> Iterator[str]:
        """Yield what is wrong with what an engine keeps now, or with how it came about."""
        present = {run.id for run in snapshot.runs}
        for table in snapshot.strays:
            yield f"{table} has rows of runs that are not there"
        for story in self._stories.values():
            if story.run.id not in present:
                yield from self._forgotten_too_early(story, snapshot)
        for run in snapshot.runs:
            story = self._stories.setdefault(run.id, Story(run))
            yield from (f"{run}: {problem}" for problem in self._news(story, run))
            retention = snapshot.retention[run.row["domain"]]
            yield from (f"{run}: {problem}" for problem in row_problems(story, retention, snapshot.now, self.set_back))
        yield from link_problems(self._stories)

    def story(self, run_id: str) -> Story:
        """Give a run that was seen, also one that is forgotten by now."""
        return self._stories[run_id]

    def _news(self, story: Story, run: Run) -> Iterator[str]:
        told = len(story.events)
        if list(run.events[:told]) != story.events:
            yield f"its first {told} events changed"
        if story.closed is not None and len(run.events) > told:
            yield f"it went on after it was closed: {run.events[told]!r}"
        if story.run.number != run.number:
            yield "it has another number"
        story.run = run
        for event in run.events[told:]:
            yield from story.tell(event)

    def _forgotten_too_early(self, story: Story, snapshot: Snapshot) -> Iterator[str]:
        if story.closed is None:
            yield f"{story.run}: it is open, and not there any more"
            return
        days = snapshot.retention[story.run.row["domain"]]
        until = milliseconds(story.closed.timestamp) + 1000 * DAY * (0 if days == "NONE" else int(days))
        if snapshot.now < until - self.set_back:
            yield f"{story.run}: it was forgotten {until - snapshot.now} ms too early"


# The rows of a run


def row_problems(story: Story, retention: str, now: int, set_back: int) -> Iterator[str]:
    """Yield what is wrong with the rows of a run, held against its history."""
    row, began, closed = story.run.row, story.events[0], story.closed
    expected = {
        "type_name": began.workflow_type.name,
        "type_version": began.workflow_type.version,
        "status": "CLOSED" if closed else "OPEN",
        "close_status": CLOSES[closed.name] if closed else None,
        "start_time": milliseconds(began.timestamp),
        "close_time": milliseconds(closed.timestamp) if closed else None,
        "parent_initiated_event_id": began.parent_initiated_event_id or None,
    }
    yield from differences("row", expected, row)
    yield from differences("info", expected_info(story), json.loads(row["info"]))
    tags = {(tag, row["start_time"]) for tag in began.tag_list or ()}
    if story.run.tags != tags:
        yield f"it is listed under {set(story.run.tags)}, not {tags}"
    if closed is None and story.is_unseen and story.waiting_decision is None:
        yield "something happened, and nobody is asked for a decision"
    waiting = set() if closed else set(waiting_tasks(row["domain"], story))
    if story.run.waiting != waiting:
        yield f"the tasks {set(story.run.waiting)} wait, not {waiting}"
    handed = set() if closed else {task.begun.id for task in story.of("ActivityTaskScheduled") if task.started}
    if not story.run.beating <= handed:
        yield f"details of heartbeats are kept for {set(story.run.beating)}; the tasks handed out are {handed}"
    yield from deadline_problems(story, retention, now, set_back)


def expected_info(story: Story) -> dict[str, Any]:
    """Give what lists tell of a run."""
    row, began, closed = story.run.row, story.events[0], story.closed
    parent = began.parent_workflow_execution
    members = {
        "execution": {"workflowId": row["workflow_id"], "runId": row["run_id"]},
        "workflowType": {"name": began.workflow_type.name, "version": began.workflow_type.version},
        "startTimestamp": milliseconds(began.timestamp) / 1000,
        "executionStatus": "CLOSED" if closed else "OPEN",
        "cancelRequested": bool(story.kinds["WorkflowExecutionCancelRequested"]) and not closed,
        "tagList": list(began.tag_list) if began.tag_list else None,
        "parent": {"workflowId": parent.workflow_id, "runId": parent.run_id} if parent else None,
        "closeStatus": CLOSES[closed.name] if closed else None,
        "closeTimestamp": milliseconds(closed.timestamp) / 1000 if closed else None,
    }
    return {name: value for name, value in members.items() if value is not None}


def waiting_tasks(domain: str, story: Story) -> Iterator[tuple[Any, ...]]:
    """Give the tasks that pollers may take: a decision task only while no decider has another of the run."""
    decision = story.waiting_decision
    if decision is not None and story.handed_decision is None:
        yield "decision", domain, decision.task_list, decision.task_priority or 0, decision.id
    for task in story.of("ActivityTaskScheduled"):
        if task.started is None:
            yield "activity", domain, task.begun.task_list, task.begun.task_priority or 0, task.begun.id


def deadline_problems(story: Story, retention: str, now: int, set_back: int) -> Iterator[str]:
    """Yield which deadlines of a run belong to nothing open, are missing, or pass at the wrong time."""
    found = dict(story.run.deadlines)
    for kind, event, seconds, timer_id in clocks(story, retention):
        if seconds in (None, "NONE"):
            continue
        due, timer = found.pop((kind, event.id), (None, None))
        expected = milliseconds(event.timestamp) + 1000 * seconds
        # A heartbeat leaves no event, and moves the deadline on.
        latest = max(expected, now + set_back + 1000 * seconds) if kind == "HEARTBEAT" else expected
        if due is None:
            yield f"the deadline {kind} of {event!r} is missing"
        elif not expected - set_back <= due <= latest or timer != timer_id:
            yield f"the deadline {kind} of {event!r} for {timer} is at {due}, not for {timer_id} at {expected}"
    for kind, event_id in found.keys() - set(afterwards(story)):
        yield f"the deadline {kind} belongs to nothing open: event {event_id}"


def clocks(story: Story, retention: str) -> Iterator[tuple[str, Any, int | str | None, str | None]]:
    """Give what happens when nobody does anything: its kind, the event it belongs to, the seconds until then."""
    if story.closed is not None:
        yield "RETENTION", story.closed, DAY * (0 if retention == "NONE" else int(retention)), None
        return
    began, handed = story.events[0], story.handed_decision
    yield "EXECUTION", began, began.execution_start_to_close_timeout, None
    if (waiting := story.waiting_decision) is not None:
        yield "DECISION_SCHEDULE_TO_START", waiting, waiting.schedule_to_start_timeout, None
    if handed is not None:
        yield "DECISION_START_TO_CLOSE", handed, began.task_start_to_close_timeout, None
    for thing in story.open.values():
        yield from thing_clocks(thing)


def thing_clocks(thing: Thing) -> Iterator[tuple[str, Any, int | str | None, str | None]]:
    """Give what happens to an open thing when nobody does anything."""
    begun, started = thing.begun, thing.started
    match begun.name:
        case "TimerStarted":
            yield "TIMER", begun, begun.start_to_fire_timeout, begun.timer_id
        case "ActivityTaskScheduled":
            yield "SCHEDULE_TO_CLOSE", begun, begun.schedule_to_close_timeout, None
            if started is None:
                yield "SCHEDULE_TO_START", begun, begun.schedule_to_start_timeout, None
            else:
                since = Since(begun.id, started.timestamp)
                yield "START_TO_CLOSE", since, begun.start_to_close_timeout, None
                yield "HEARTBEAT", since, begun.heartbeat_timeout, None
        case "LambdaFunctionScheduled" if started is not None:
            timeout = begun.start_to_close_timeout or LAMBDA_SECONDS
            yield "LAMBDA_START_TO_CLOSE", Since(begun.id, started.timestamp), timeout, None
        case "LambdaFunctionScheduled":
            yield "START_LAMBDA", begun, 0, None
        case "StartChildWorkflowExecutionInitiated" if started is None:
            yield "START_CHILD", begun, 0, None
        case "SignalExternalWorkflowExecutionInitiated":
            yield "SIGNAL_EXTERNAL", begun, 0, None
        case "RequestCancelExternalWorkflowExecutionInitiated":
            yield "CANCEL_EXTERNAL", begun, 0, None


@attrs.frozen
class Since:
    """A deadline that belongs to one event, and runs from another."""

    id: int
    timestamp: datetime


def afterwards(story: Story) -> Iterator[tuple[str, int]]:
    """Give what may still follow from the end of a run."""
    if story.closed is None:
        return
    if story.run.row["parent_run"] is not None and story.closed.name != "WorkflowExecutionContinuedAsNew":
        yield "TELL_PARENT", story.closed.id
    if story.kinds["StartChildWorkflowExecutionInitiated"]:
        yield "CHILD_POLICY", story.closed.id


def description_problems(story: Story, described: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is wrong with the answer of DescribeWorkflowExecution, as it stands in SWF's JSON."""
    counts = {
        "openActivityTasks": len(story.of("ActivityTaskScheduled")),
        "openDecisionTasks": int(story.waiting_decision is not None and story.closed is None),
        "openTimers": 0 if story.closed else len(story.of("TimerStarted")),
        "openChildWorkflowExecutions": len(story.of("StartChildWorkflowExecutionInitiated")),
        "openLambdaFunctions": len(story.of("LambdaFunctionScheduled")),
    }
    yield from differences("openCounts", counts, described["openCounts"])
    contexts = [event.execution_context for event in story.kinds["DecisionTaskCompleted"] if event.execution_context]
    if described.get("latestExecutionContext") != (contexts[-1] if contexts else None):
        yield f"the latest context is {described.get('latestExecutionContext')!r}, not the last of {contexts}"
    if described["executionInfo"]["executionStatus"] != ("CLOSED" if story.closed else "OPEN"):
        yield f"it is told to be {described['executionInfo']['executionStatus']}"


def differences(what: str, expected: Mapping[str, Any], found: Mapping[str, Any]) -> Iterator[str]:
    """Yield the members that are not as expected."""
    for name, value in expected.items():
        if name not in found or found[name] != value:
            yield f"{what}: {name} is {found.get(name)!r}, not {value!r}"


# What runs have to do with each other


def link_problems(stories: Mapping[str, Story]) -> Iterator[str]:
    """Yield what is wrong between runs, given by their ids; those included that are forgotten by now."""
    opened = Counter((story.run.row["domain"], story.run.row["workflow_id"]) for story in open_ones(stories))
    yield from (f"{count} open runs have the workflow id {key}" for key, count in opened.items() if count > 1)
    by_number = {story.run.number: story for story in stories.values()}
    children = defaultdict(list)
    for story in stories.values():
        if story.events[0].parent_workflow_execution is not None:
            children[story.events[0].parent_workflow_execution.run_id].append(story)
    for story in stories.values():
        for problem in (
            *parent_problems(story, stories, by_number),
            *child_problems(story, stories),
            *policy_problems(story, children[story.run.id], stories),
            *succession_problems(story, stories),
        ):
            yield f"{story.run}: {problem}"
    yield from message_problems(stories, "WorkflowExecutionSignaled", "ExternalWorkflowExecutionSignaled")
    yield from message_problems(stories, "WorkflowExecutionCancelRequested", "ExternalWorkflowExecutionCancelRequested")


def open_ones(stories: Mapping[str, Story]) -> Iterator[Story]:
    """Give the runs that are open."""
    return (story for story in stories.values() if story.closed is None)


def parent_problems(story: Story, stories: Mapping[str, Story], by_number: Mapping[int, Story]) -> Iterator[str]:
    """Yield what is wrong with the parent that a run says it has."""
    began, number = story.events[0], story.run.row["parent_run"]
    if began.parent_workflow_execution is None:
        if number is not None or began.parent_initiated_event_id:
            yield f"its row or its start tells half a parent: {began!r}"
        return
    parent = stories.get(began.parent_workflow_execution.run_id)
    if parent is None or parent is not by_number.get(number):
        yield f"its parent is {began.parent_workflow_execution}, and the run {number} is kept as such"
    elif not began.continued_execution_run_id:
        child = parent.things.get(began.parent_initiated_event_id)
        if child is None or child.started is None or child.started.workflow_execution.run_id != story.run.id:
            yield f"its parent did not start it: {began!r}"


def child_problems(parent: Story, stories: Mapping[str, Story]) -> Iterator[str]:
    """Yield what is wrong with the children that a run started, and with what it was told of them."""
    for initiated in parent.kinds["StartChildWorkflowExecutionInitiated"]:
        thing = parent.things[initiated.id]
        if thing.started is None:
            continue
        child = stories.get(thing.started.workflow_execution.run_id)
        if child is None:
            yield f"no run is the child of {thing.started!r}"
            continue
        yield from not_begun_by(child, parent, initiated)
        last = last_of_chain(child, stories)
        if thing.ended is not None:
            yield from wrongly_told(thing.ended, last)
        elif parent.closed is None and last.closed is not None and not last.run.awaits("TELL_PARENT"):
            yield f"nobody told it of the end of its child {last.run}"
        if thing.ended is not None and last.run.awaits("TELL_PARENT") and parent.closed is None:
            yield f"it will be told again of the end of its child {last.run}"


def not_begun_by(child: Story, parent: Story, initiated: Any) -> Iterator[str]:
    """Yield how a child's start differs from what its parent asked for."""
    began = child.events[0]
    expected = {
        **{member: getattr(initiated, member) for member in CARRIED},
        "parent_workflow_execution": (parent.run.row["workflow_id"], parent.run.id),
        "parent_initiated_event_id": initiated.id,
        "continued_execution_run_id": None,
    }
    yield from differences("child", expected, {member: getattr(began, member) for member in expected})
    if (child.run.row["domain"], child.run.row["workflow_id"]) != (parent.run.row["domain"], initiated.workflow_id):
        yield f"{child.run} is the child of {initiated!r}"


def last_of_chain(story: Story, stories: Mapping[str, Story]) -> Story:
    """Give the run that a run was continued as, in the end."""
    while story.closed is not None and story.closed.name == "WorkflowExecutionContinuedAsNew":
        following = stories.get(story.closed.new_execution_run_id)
        if following is None:
            return story
        story = following
    return story


def wrongly_told(told: Any, child: Story) -> Iterator[str]:
    """Yield how what a parent was told of its child's end differs from that end."""
    name, members = CHILD_TOLD.get(child.closed.name, ("nothing", ())) if child.closed else ("nothing", ())
    if told.name != name:
        yield f"it was told {told!r}, and the child's end is {child.closed!r}"
        return
    expected = {
        **{member: getattr(child.closed, member) for member in members},
        "workflow_execution": (child.run.row["workflow_id"], child.run.id),
        "workflow_type": child.events[0].workflow_type,
    }
    yield from differences("told", expected, {member: getattr(told, member) for member in expected})


def policy_problems(parent: Story, children: Iterable[Story], stories: Mapping[str, Story]) -> Iterator[str]:
    """Yield what is wrong with what became of the children of a run that closed, however it closed."""
    closed = parent.closed
    is_forced = closed is not None and closed.name in ("WorkflowExecutionTerminated", "WorkflowExecutionTimedOut")
    policy = None if closed is None else (closed if is_forced else parent.events[0]).child_policy
    is_over = closed is not None and not parent.run.awaits("CHILD_POLICY")
    for child in children:
        is_left = is_over and child.closed is None
        if policy == "TERMINATE" and is_left:
            yield f"its child {child.run} is open, and should be terminated"
        if policy == "REQUEST_CANCEL" and is_left and not any(map(asked_by_policy, chain_up_to(child, stories))):
            yield f"its child {child.run} is open, and nobody asked it to cancel itself"
        if policy != "TERMINATE" and getattr(child.closed, "cause", None) == "CHILD_POLICY_APPLIED":
            yield f"its child {child.run} was terminated, and the policy is {policy}"
        if asked_by_policy(child) > (1 if policy == "REQUEST_CANCEL" else 0):
            yield f"its child {child.run} was asked too often to cancel itself, and the policy is {policy}"
        if any(each != (parent.run.row["workflow_id"], parent.run.id) for each in policy_askers(child)):
            yield f"its child {child.run} was asked to cancel itself for the sake of another parent"


def asked_by_policy(story: Story) -> int:
    """Give how often a run was asked to cancel itself for its parent's sake."""
    return len(policy_askers(story))


def policy_askers(story: Story) -> list[Any]:
    """Give the executions that its cancel requests for the sake of a parent name."""
    requests = story.kinds["WorkflowExecutionCancelRequested"]
    return [event.external_workflow_execution for event in requests if event.cause == "CHILD_POLICY_APPLIED"]


def chain_up_to(story: Story | None, stories: Mapping[str, Story]) -> Iterator[Story]:
    """Give a run, and those that it continues."""
    while story is not None:
        yield story
        story = stories.get(story.events[0].continued_execution_run_id)


def succession_problems(story: Story, stories: Mapping[str, Story]) -> Iterator[str]:
    """Yield what is wrong between a run and the one it was continued as, or continues."""
    before = story.events[0].continued_execution_run_id
    if before:
        previous = stories.get(before)
        if previous is None or getattr(previous.closed, "new_execution_run_id", None) != story.run.id:
            yield f"it continues {before}, which does not go on as this run"
    if story.closed is None or story.closed.name != "WorkflowExecutionContinuedAsNew":
        return
    following = stories.get(story.closed.new_execution_run_id)
    if following is None:
        yield f"there is no run of {story.closed!r}"
        return
    began, own = following.events[0], story.events[0]
    expected = {
        **{member: getattr(story.closed, member) for member in CARRIED},
        "parent_workflow_execution": own.parent_workflow_execution,
        "parent_initiated_event_id": own.parent_initiated_event_id,
        "continued_execution_run_id": story.run.id,
    }
    yield from differences("next run", expected, {member: getattr(began, member) for member in expected})
    if following.run.row["workflow_id"] != story.run.row["workflow_id"]:
        yield f"it goes on under another workflow id: {following.run}"


def message_problems(stories: Mapping[str, Story], received: str, confirmed: str) -> Iterator[str]:
    """Yield which messages to other executions were received and not confirmed once, or the other way round.

    Args:
        stories: All runs.
        received: The type of the event in the execution that got the message.
        confirmed: The type of the event in the execution that sent it.
    """
    arrived = Counter(
        (event.external_workflow_execution.run_id, event.external_initiated_event_id, story.run.id, told_in(event))
        for story in stories.values()
        for event in story.kinds[received]
        if event.external_initiated_event_id and not ended_by(event, story)
    )
    sent = Counter(
        (
            story.run.id,
            event.initiated_event_id,
            event.workflow_execution.run_id,
            told_in(story.things[event.initiated_event_id].begun),
        )
        for story in stories.values()
        for event in story.kinds[confirmed]
    )
    for message, times in sent.items():
        if times != 1:
            yield f"{confirmed} tells {times} times of {message}"
    for message in sent.keys() | arrived.keys():
        if sent[message] != arrived[message]:
            yield f"{message} was sent {sent[message]} times, and {received} {arrived[message]} times"
    for story in stories.values():
        for event in story.kinds[confirmed]:
            begun = story.things[event.initiated_event_id].begun
            if begun.workflow_id != event.workflow_execution.workflow_id:
                yield f"{story.run}: {event!r} is for another execution than {begun!r}"
            if begun.run_id and begun.run_id != event.workflow_execution.run_id:
                yield f"{story.run}: {event!r} is for another run than {begun!r}"


def ended_by(event: Any, story: Story) -> bool:
    """Tell whether a run sent a message to itself that was one event too many, so that it could not confirm it."""
    is_own = event.external_workflow_execution is not None and event.external_workflow_execution.run_id == story.run.id
    is_full = getattr(story.closed, "cause", None) == "EVENT_LIMIT_EXCEEDED"
    return is_own and is_full and story.things[event.external_initiated_event_id].ended is None


def told_in(event: Any) -> tuple[Any, Any]:
    """Give what a message says."""
    return getattr(event, "signal_name", None), getattr(event, "input", None)


def milliseconds(instant: datetime) -> int:
    """Give an instant as milliseconds since 1970."""
    return (instant - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)
