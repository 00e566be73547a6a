"""One execution of a workflow, as far as its history goes: news are put in, and what the workflow asks for comes out.

Each turn the news are applied in their order, then the loop runs until nothing is ready; what was asked for and not
taken back is the turn's batch. A turn that was answered already has a record, in which the batch is found again. So a
replay does just what was done before; without a record, the batch is the answer.
"""

import asyncio
import hashlib
import logging
import random
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import nullcontext
from functools import partial
from typing import TYPE_CHECKING, Any, NoReturn

import attrs

from swf import payload
from swf.checks import of_shape
from swf.exceptions import ForbiddenCallError, NonDeterminismError, ProgramError, ValidationError
from swf.models.decision import Decision
from swf.models.event.base import attributes_key
from swf.shapes import ExecutionId, Text
from swf.workflows import checking, open_work
from swf.workflows.arguments import INPUT, encoded
from swf.workflows.calls import ActivityCall, Call
from swf.workflows.commands import (
    OURS,
    PATCH,
    Attributes,
    Close,
    Command,
    Marker,
    StopTimer,
    Timer,
    WakeUp,
    canceling,
    completing,
    continuing,
    failing,
    failing_with,
    here,
    raised_at,
)
from swf.workflows.determinism import line, match, told
from swf.workflows.failures import DecisionRefused, WorkflowFailed
from swf.workflows.loop import Future, Loop
from swf.workflows.news import HEARD
from swf.workflows.outbox import WAKE_UP, Outbox
from swf.workflows.retry import may_pass
from swf.workflows.turns import RawEvent, Turn

if TYPE_CHECKING:
    from swf.workflows.definition import Definition

_log = logging.getLogger(__name__)

RESULT = Text("result", max=32_768)
DETAILS = Text("details", max=32_768)
REASON = Text("reason", max=256)
ACTIVITY_ID = Text("activity_id", max=256, min=1)


class Evicted(BaseException):
    """Raised in a workflow that is forgotten here, when it asks for something while its coroutines end."""


class ContinueAsNew(BaseException):
    """Raised by ``continue_as_new``."""

    def __init__(self, attributes: dict[str, Any]) -> None:
        super().__init__("continue as new")
        self.attributes = attributes


@attrs.define
class Condition:
    """What a workflow waits for to become true."""

    predicate: Callable[[], Any]
    future: Future[None]


class Machine:
    """One execution of a workflow.

    Args:
        definition: The workflow.
        execution: Which execution it is; None where that is not known, of a history from a file.
        check: Whether forbidden calls are looked for; see `swf.workflows.checking`.
        strict: Whether all that is sent must be what the history records, and not only what it is about.
    """

    __slots__ = (
        "_batch",
        "_cancel_requested",
        "_chances",
        "_check",
        "_closing",
        "_conditions",
        "_counts",
        "_leaving",
        "_seed",
        "block",
        "definition",
        "execution",
        "fault",
        "has_gone",
        "instance",
        "is_asking",
        "is_closed",
        "is_strict",
        "kept",
        "loop",
        "main",
        "markers",
        "open_activity_ids",
        "outbox",
        "patches",
        "started",
        "timestamp",
        "turn",
        "unheeded",
        "waiting",
    )

    turn: Turn
    timestamp: float

    def __init__(
        self, definition: "Definition", execution: ExecutionId | None, *, check: bool = False, strict: bool = False
    ) -> None:
        self.definition = definition
        self.is_strict = strict
        self.execution = execution
        self._check = check
        self._seed = hashlib.sha256((execution.run_id if execution else "").encode()).digest()
        # Sets of its futures and tasks then are in the order in which these were made.
        self.loop = Loop(self, int.from_bytes(self._seed[:4], "big") << 16)
        self.instance: Any = None
        self.main: asyncio.Task[Any] | None = None
        # In blocking style, what waits for a future.
        self.block: Callable[[Any], Any] | None = None
        self.started: Attributes = {}
        # What the history records: of markers from the turns to come, too.
        self.markers: dict[str, str | None] = {}
        self.patches: dict[str, bool] = {}
        # Signals that nobody handles.
        self.kept: dict[str, deque[Any]] = {}
        # By the event that later events refer to.
        self.waiting: dict[int, Command] = {}
        # Calls that nobody ever waited for, by their numbers.
        self.unheeded: dict[int, Call[Any]] = {}
        self.open_activity_ids: set[str] = set()
        self.outbox = Outbox()
        self._batch: list[Command] = []
        self._counts: dict[str, int] = {}
        self._chances: dict[str, random.Random] = {}
        self._conditions: list[Condition] = []
        self._closing: Close | None = None
        # Tasks that asked to continue as new.
        self._leaving: list[asyncio.Task[Any]] = []
        self._cancel_requested = False
        self.is_closed = False
        self.has_gone = False
        # False while a query looks at the workflow.
        self.is_asking = True
        self.fault: BaseException | None = None

    # Turns.

    @property
    def is_known(self) -> bool:
        """Whether it is known which execution it is."""
        return self.execution is not None

    @property
    def is_replaying(self) -> bool:
        """Whether the turn was answered already."""
        return self.turn.completed_event_id is not None

    @property
    def cancel_requested(self) -> bool:
        """Whether the execution is asked to cancel itself."""
        return self._cancel_requested

    def learn(self, turns: Iterable[Turn]) -> None:
        """Take in what markers were recorded, before the turns are replayed."""
        for turn in turns:
            for event in turn.record:
                if event["eventType"] == "MarkerRecorded":
                    attributes = event["markerRecordedEventAttributes"]
                    if attributes["markerName"].startswith(OURS):
                        self.markers[attributes["markerName"]] = attributes.get("details")

    def replay(self, turn: Turn) -> None:
        """Do a turn again that was answered already.

        Raises:
            NonDeterminismError: The workflow asked for something other than the history records.
        """
        self._take(turn)
        self.match(turn)

    def decide(self, turn: Turn) -> list[Decision]:
        """Do a new turn, and give what is to be answered."""
        self._take(turn)
        return [command.decision for command in self._batch]

    @property
    def warnings(self) -> list[str]:
        """What to warn of if the turn that was just decided ends the execution."""
        if self._closing is None or self._closing not in self._batch:
            return []
        return list(open_work.warnings(self, self._closing, self._batch))

    def match(self, turn: Turn) -> None:
        """Find what the last turn asked for again in its record.

        Raises:
            NonDeterminismError: The two differ.
        """
        self.turn = turn
        batch, self._batch = self._batch, []
        match(self, batch, turn.record)

    def forget(self) -> None:
        """End the coroutines, without a trace."""
        self.has_gone = True
        self.loop.close()

    def let_go(self) -> None:
        """Drop what the workflow's code made: a generator among it ends where it can ask for nothing."""
        self.main = None
        self.waiting.clear()
        self.unheeded.clear()
        self._leaving.clear()
        self._conditions.clear()
        self.kept.clear()
        instance, self.instance = self.instance, None
        getattr(instance, "__dict__", {}).clear()

    def look(self, call: Callable[[], Any]) -> Any:
        """Call something that only looks at the workflow, as it is between two turns."""
        outcome: list[Any] = []

        def run() -> None:
            try:
                outcome.append(call())
            except BaseException as error:
                outcome.extend((None, error))

        ready, self.loop._ready = self.loop._ready, deque()
        self.is_asking = False
        try:
            self.loop.call_soon(run)
            self.loop.run_ready()
        finally:
            self.is_asking = True
            self.loop._ready = ready
        if len(outcome) > 1:
            raise outcome[1]
        return outcome[0]

    def _take(self, turn: Turn) -> None:
        self.turn = turn
        self.timestamp = turn.timestamp
        for event in turn.news:
            kind = event["eventType"]
            hear = HEARD.get(kind)
            if hear is not None:
                hear(self, event[attributes_key(kind)])
        if self.main is None and self._closing is None and not self.is_closed:
            self.loop.call_soon(self._start_main)
        # While its end waits, nothing of the workflow runs any more.
        if self._closing is None or not self.outbox.is_waiting:
            with checking.forbidden(self.fail) if self._check else nullcontext():
                self._settle()
        if self.fault is not None:
            raise self.fault
        self._batch = self._sent() if turn.is_replayed else self.outbox.batch(self._closing)

    def _sent(self) -> list[Command]:
        recorded = {event["eventType"] for event in self.turn.record}
        if not self._was_cut:
            return self.outbox.sent(self._closing, None, recorded)
        patches = sum(map(_records_patch, self.turn.record))
        return self.outbox.sent(self._closing, len(self.turn.record) - patches - 1, recorded)

    def _settle(self) -> None:
        """Run until nothing is ready and no condition has become true."""
        self.loop.run_ready()
        while self._conditions and self.fault is None and self._some_are_met():
            self.loop.run_ready()
        if self._leaving:
            self._leave()

    def leave(self, task: "asyncio.Task[Any] | None") -> None:
        """Hear that a task asks to continue as new."""
        if task is not None:
            self._leaving.append(task)

    def _leave(self) -> None:
        """Continue as new if a task ended for that, and nobody was there to hear of it."""
        left, self._leaving = self._leaving, []
        for task in left:
            if not task.done():
                self._leaving.append(task)
            elif task._log_traceback and (error := task.exception()) is not None:
                self.close_with(error)

    def _some_are_met(self) -> bool:
        met: list[Condition] = []
        self.loop.call_soon(self._look_at_conditions, met)
        # What waited for one may wait for another by the time this returns.
        self.loop.run_ready()
        return bool(met)

    def _look_at_conditions(self, met: list[Condition]) -> None:
        unmet: list[Condition] = []
        for condition in self._conditions:
            (met if _is_met(condition) else unmet).append(condition)
        self._conditions = unmet

    def wait_until(self, predicate: Callable[[], Any]) -> "asyncio.Future[None]":
        """Give a future that is done when a condition has become true."""
        condition = Condition(predicate, Future(self.loop))
        if not _is_met(condition):
            self._conditions.append(condition)
        return condition.future

    # The workflow's own methods.

    def begin(self, attributes: Attributes) -> None:
        """Begin: with what the execution was started with."""
        self.started = attributes
        self.loop.call_soon(self._make_instance)

    def _make_instance(self) -> None:
        try:
            self.instance = self.definition.workflow()
        except BaseException as error:
            self.close_with(error)

    def _start_main(self) -> None:
        if self.instance is None or self.main is not None:
            return
        try:
            run = self.definition.bound(self.instance, self.decoded(self.started.get("input")))
        except Exception as error:
            self.close_with(error)
            return
        self.main = self.loop.create_task(run if asyncio.iscoroutine(run) else self._blocking(run))
        self.main.add_done_callback(self._end)
        if self._cancel_requested:
            self.main.cancel()

    def _blocking(self, run: Callable[[], Any]) -> Any:
        from swf.workflows import blocking

        self.block = blocking.result_of
        return blocking.in_greenlet(run)

    def _end(self, main: "asyncio.Future[Any]") -> None:
        if self._closing is not None:
            return
        try:
            result = self.encoded(main.result(), RESULT)
        except BaseException as error:
            self.close_with(error)
        else:
            self._closing = completing(result)

    def uncaught(self, error: BaseException, what: str) -> None:
        """Hear of an exception that came out of a callback: unless it is a way to end, it is logged, as by asyncio."""
        if isinstance(error, ContinueAsNew):
            self.close_with(error)
        else:
            self.loop.call_exception_handler({"message": f"{what} failed", "exception": error})

    def close_with(self, error: BaseException) -> None:
        """Close as an error says that came out of the workflow's code; the first one counts.

        An error of the program itself closes nothing: the turn is not answered.
        """
        if isinstance(error, ProgramError | Evicted | KeyboardInterrupt | SystemExit):
            self.fault = self.fault or error
        elif _is_foreign(error):
            self.fault = self.fault or _foreign(error)
        elif self._closing is None:
            self._closing = self._close(error)

    def _close(self, error: BaseException) -> Close:
        error = _alone(error)
        if isinstance(error, ContinueAsNew):
            return continuing(error.attributes, raised_at(error))
        if isinstance(error, asyncio.CancelledError) and self._cancel_requested:
            return canceling(str(error) or None)
        if isinstance(error, WorkflowFailed):
            try:
                return failing_with(of_shape(error.reason, REASON), self.encoded(error.details, DETAILS))
            except ValidationError as refused:
                return failing(refused)
        return failing(error)

    def refuse_close(self, close: Close, cause: str) -> None:
        """Hear that SWF did not close the execution.

        If that is because of news that came meanwhile, it is closed after them.
        """
        if cause == "UNHANDLED_DECISION":
            again = Close(close.decides, close.make, close.error)
            again.place = close.place
            self._closing = again
        elif may_pass(cause):
            self._closing = None
            self.loop.call_later(10, partial(self._close_again, close))
        else:
            self._closing = failing(DecisionRefused(close.decides.__name__, close.told, cause))

    def _close_again(self, close: Close) -> None:
        self._closing = self._closing or Close(close.decides, close.make, close.error)

    def signal(self, attributes: Attributes) -> None:
        """Have a signal's method called."""
        name, text = attributes["signalName"], attributes.get("input")
        handler = self.definition.signals.get(name)
        if self._closing is not None and not self.is_replaying:
            _log.warning(
                "The signal %r of %r came when its end was decided already: the result, or the input of the next run, "
                "does not tell of it.",
                name,
                self.execution,
            )
        if handler is None:
            self._keep(name, self.decoded(text))
        elif handler.is_async:
            self.loop.create_task(self._handle(name, text))
        else:
            self.loop.call_soon(self._handle_at_once, name, text)

    def _keep(self, name: str, input: Any) -> None:
        is_expected = name in self.kept
        self.kept.setdefault(name, deque()).append(input)
        if not self.is_replaying and not is_expected:
            _log.warning(
                "Nobody handles the signal %r of %r: it is kept, for wait_for_signal(%r).", name, self.execution, name
            )

    def _handle_at_once(self, name: str, text: str | None) -> None:
        try:
            handled = self._called(name, text)
            if handled is not None:
                handled()
        except BaseException as error:
            self.close_with(error)

    async def _handle(self, name: str, text: str | None) -> None:
        try:
            handled = self._called(name, text)
            if handled is not None:
                await handled()
        except asyncio.CancelledError:
            raise
        except BaseException as error:
            self.close_with(error)

    def _called(self, name: str, text: str | None) -> Callable[[], Any] | None:
        """Give the call of a signal's method; a signal that does not fit it is kept, and logged."""
        if self.instance is None:
            return None
        handler = self.definition.signals[name]
        input = self.decoded(text)
        try:
            args, kwargs = handler.parameters.unpacked(input)
        except ValidationError as error:
            self.kept.setdefault(name, deque()).append(input)
            if not self.is_replaying:
                _log.warning("A signal to %r is kept, and not handled: %s", self.execution, error)
            return None
        return partial(getattr(self.instance, handler.attribute), *args, **kwargs)

    def request_cancel(self) -> None:
        """Cancel ``run``, once: what it does then is left to end."""
        if self._cancel_requested:
            return
        self._cancel_requested = True
        if self.main is not None:
            self.main.cancel()

    # What the workflow asks for.

    def ask(self, command: Command) -> None:
        """Have a command sent with the answer of this turn."""
        self.require_asking()
        self.outbox.add(command)

    def encoded(self, value: Any, shape: Text = INPUT) -> str | None:
        """Give the text for a value of the workflow's; see `swf.workflows.arguments.encoded`.

        What a codec raises beside `ValueError` and `TypeError` tells nothing of the value, and may not come again on a
        replay: the turn is given up.
        """
        try:
            return encoded(value, shape)
        except (ValueError, TypeError):
            raise
        except Exception as error:
            self._fail_of_codec("write", error)

    def decoded(self, text: str | None) -> Any:
        """Give the value of a text that SWF keeps; if the codec cannot read it, the turn is given up."""
        try:
            return payload.decode(text)
        except ValidationError:
            raise
        except Exception as error:
            self._fail_of_codec("read", error)

    def _fail_of_codec(self, what: str, error: Exception) -> NoReturn:
        failure = ProgramError(
            f"The codec of swf.payload could not {what} what SWF keeps: {type(error).__name__}: {error}. Mend it, or "
            "what it needs; the decision task comes again."
        )
        failure.__cause__ = error
        self.fail(failure)

    def require_asking(self) -> None:
        """Refuse to ask for anything where nothing can be asked for."""
        if self.has_gone:
            raise Evicted
        if not self.is_asking:
            raise ForbiddenCallError(
                "A query only looks at the workflow. Ask for it in run(), or in a signal's method."
            )

    def next_id(self, kind: str) -> str:
        """Give the next number for a kind of command."""
        count = self._counts[kind] = self._counts.get(kind, 0) + 1
        return str(count)

    def next_activity_id(self, asked: str | None, attempt: int) -> str:
        """Give an id that no open activity has."""
        if asked is None:
            while (id := self.next_id("activity")) in self.open_activity_ids:
                pass
        else:
            id = of_shape(asked if attempt == 1 else f"{asked}-{attempt}", ACTIVITY_ID)
            if id in self.open_activity_ids:
                raise ValidationError(
                    f"An activity with the id {id!r} is open in this execution. Wait for its end, or give another id."
                )
        self.open_activity_ids.add(id)
        return id

    def child_id(self) -> str:
        """Give a workflow id for a child: of this execution's, its run and a number."""
        count = self.next_id("child")
        own = self.execution.workflow_id if self.execution else "workflow"
        suffix = f".{self._seed.hex()[:8]}.{count}"
        return own[: 256 - len(suffix)] + suffix

    def chance(self, what: str) -> random.Random:
        """Give a source of random numbers, the same on each replay: one for each use."""
        if what not in self._chances:
            self._chances[what] = random.Random(self._seed + what.encode())
        return self._chances[what]

    def start_timer(self, timer: Timer, seconds: int) -> None:
        """Start a timer."""
        timer.timer_id = self.next_id("timer")
        timer.seconds = seconds
        timer.place = here()
        self.ask(timer)

    def cancel_timer(self, timer: Timer) -> None:
        """Take a timer back, or stop it if it runs."""
        if timer.event_id is None:
            timer.is_dropped = True
        elif timer.event_id in self.waiting and not self.has_gone:
            self.ask(StopTimer(timer))

    def recorded(self, kind: str, what: str, perform: Callable[[], str | None]) -> str | None:
        """Give the details of a marker: those recorded, or, the first time, those of something that is done now."""
        self.require_asking()
        name = f"{OURS}{kind}.{self.next_id(kind)}"
        command = Marker(name, None)
        if name in self.markers:
            command.details = self.markers[name]
        else:
            if self.is_replaying and not self._was_cut:
                self.fail(self._unrecorded(command, what))
            command.details = perform()
        self.ask(command)
        return command.details

    def patched(self, id: str) -> bool:
        """Tell whether a change of the program is in force here; the first answer holds."""
        if id not in self.patches:
            self.require_asking()
            self.patches[id] = not self.is_replaying or PATCH + id in self.markers
            if self.patches[id]:
                self.ask(Marker(PATCH + id, None))
        return self.patches[id]

    def fail(self, error: BaseException) -> NoReturn:
        """Give the turn up because of an error of the program, even if the workflow catches it."""
        self.fault = self.fault or error
        raise error

    @property
    def _was_cut(self) -> bool:
        """Whether the turn's answer did not hold all that was asked for: the record of some is with later ones."""
        record = self.turn.record
        if not record or record[-1]["eventType"] not in (WakeUp.recorded_as, WakeUp.refused_as):
            return False
        timer_id: str = record[-1][attributes_key(record[-1]["eventType"])]["timerId"]
        return timer_id.startswith(WAKE_UP)

    def _unrecorded(self, command: Command, what: str) -> NonDeterminismError:
        event_id = self.turn.completed_event_id or 0
        return NonDeterminismError(event_id, f"a decision without {what}", told(command), line(command.place))

    # What becomes of it.

    def take(self, event_id: int) -> Any:
        """Give what waits for the event that refers to this one, for the last time; None if nothing does."""
        command = self.waiting.pop(event_id, None)
        if command is not None:
            self.outbox.arrived(event_id)
            self.over(command)
        return command

    def over(self, command: Command) -> None:
        """Hear that something is open no longer."""
        self.outbox.over(command)
        if isinstance(command, ActivityCall):
            self.open_activity_ids.discard(command.activity_id)

    def dropped(self, command: Command) -> None:
        """Hear that something will not be sent."""
        if isinstance(command, ActivityCall):
            self.open_activity_ids.discard(command.activity_id)

    def not_open(self, command: Command, cause: str) -> None:
        """Hear that SWF refused to open something: if too much is open, it waits for its turn."""
        if cause.startswith("OPEN_") and command.limited is not None and self.outbox.hold(command):
            command.event_id = None
            return
        if not cause.startswith("OPEN_") or command.limited is None:
            self.outbox.over(command)
        if isinstance(command, ActivityCall):
            self.open_activity_ids.discard(command.activity_id)
        command.end_refused(self, cause)


def _is_met(condition: Condition) -> bool:
    """Tell whether a condition is waited for no longer."""
    if condition.future.done():
        return True
    try:
        if not condition.predicate():
            return False
    except asyncio.CancelledError:
        # Of a task that it asks for its result, say.
        condition.future.cancel()
    except StopIteration as error:
        stopped = RuntimeError("A condition raised StopIteration, as next() does where nothing is left.")
        stopped.__cause__ = error
        condition.future.set_exception(stopped)
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:
        condition.future.set_exception(error)
    else:
        condition.future.set_result(None)
    return True


def _records_patch(event: RawEvent) -> bool:
    if event["eventType"] != Marker.recorded_as:
        return False
    name: str = event[attributes_key(Marker.recorded_as)]["markerName"]
    return name.startswith(PATCH)


def _alone(error: BaseException) -> BaseException:
    """Give the `ContinueAsNew` that a task group raises as the only one of a group; else the error itself."""
    lone = error
    while isinstance(lone, BaseExceptionGroup) and len(lone.exceptions) == 1:
        lone = lone.exceptions[0]
    return lone if isinstance(lone, ContinueAsNew) else error


def _is_foreign(error: BaseException) -> bool:
    # What asyncio raises in a task that awaits what is not of its loop.
    return isinstance(error, RuntimeError) and any(
        words in str(error) for words in ("attached to a different loop", "got bad yield")
    )


def _foreign(error: BaseException) -> ForbiddenCallError:
    foreign = ForbiddenCallError(
        f"A workflow awaited something that is not of its own event loop ({error}). Do it in an activity, and await "
        "that."
    )
    foreign.__cause__ = error
    return foreign
