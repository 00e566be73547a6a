"""The engine: an SWF of this process, over SQLite."""

import logging
import secrets
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar

from swf.checks import of_shape
from swf.constants import LARGEST_PAGE
from swf.engine import deadlines, inprocess, protocol, validation
from swf.engine.clock import Clock, Outlook, VirtualClock, clock_of
from swf.engine.counts import Counts, Tally
from swf.engine.functions import Function, Functions, Outcome, finish, resume
from swf.engine.limits import Limits, Mode, limits_of
from swf.engine.operations import OPERATIONS, Output, activity_tasks, decision_tasks
from swf.engine.protocol import Answer, Fault
from swf.engine.store import Store, StrPath
from swf.engine.throttle import Throttle
from swf.engine.tokens import Tokens
from swf.engine.transaction import StateCache, Transaction
from swf.engine.waiters import Waiter, Waiters
from swf.engine.work import Work
from swf.exceptions import EngineError
from swf.shapes import Number

if TYPE_CHECKING:
    from mypy_boto3_swf import SWFClient

T = TypeVar("T")

_log = logging.getLogger(__name__)

# The polls: the kind of task each waits for, and what it answers when none came.
_POLLS: dict[str, tuple[str, dict[str, Any]]] = {
    "PollForDecisionTask": ("decision", decision_tasks.IDLE),
    "PollForActivityTask": ("activity", activity_tasks.IDLE),
}

# All tables but the one that says what this database is.
_EMPTIED = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' AND name <> 'meta'"

STATES_KEPT = 1000


class Engine:
    """An SWF of your own: the operations, histories, task lists and timeouts of the service, over SQLite.

    Safe for threads. A file belongs to one engine at a time; what was answered is in it, also after the process is
    killed.

    >>> with Engine() as engine:
    ...     engine.handle("SimpleWorkflowService.ListDomains", b'{"registrationStatus": "REGISTERED"}').body
    b'{"domainInfos":[]}'

    Args:
        path: The database's file, made when it is not there. None keeps all in memory.
        clock: Where the time comes from. None is the time of this machine.
        functions: Python callables by name, which stand for AWS Lambda functions: they get the decoded input.
        limits: What is refused because there is too much of it, or it comes too fast. ``off`` refuses nothing for
            that; ``relaxed`` keeps to AWS's quotas but for those on how fast something comes; ``aws`` to all that AWS
            publishes. `Limits` of your own do as well. Rates go by the engine's clock.
        poll_wait_seconds: How long a poll waits for a task before it answers that there is none.
        region: The region that ARNs tell.
        account: The account that ARNs tell.
        empty_task_token: Whether a poll that found no task answers with a ``taskToken`` that is empty, as SWF does.
            False leaves it out, as recorded of SWF in 2015 and 2016: Amazon's Flow Framework for Java takes an empty
            one for a task.
        largest_page: How many items a page has at most, whatever was asked for: 1 to 1000. SWF documents 1000; users
            have reported 100.

    Raises:
        EngineError: The file cannot be used: it is another program's, or in use by another process.
        ValidationError: There are no such limits or pages, or the clock or a function is none.
    """

    def __init__(
        self,
        path: StrPath | None = None,
        *,
        clock: Clock | None = None,
        functions: Mapping[str, Function] | None = None,
        limits: Mode | Limits = "off",
        poll_wait_seconds: float = 60,
        region: str = "us-east-1",
        account: str = "123456789012",
        empty_task_token: bool = True,
        largest_page: int = LARGEST_PAGE,
    ) -> None:
        self.clock = clock_of(clock)
        self.poll_wait_seconds = poll_wait_seconds
        self._arn_prefix = f"arn:aws:swf:{region}:{account}:/domain/"
        self._empty_task_token = empty_task_token
        self._largest_page = of_shape(largest_page, Number("largest_page", min=1, max=LARGEST_PAGE))
        self._limits = limits_of(limits)
        self._tally = Tally(OPERATIONS)
        self._throttle = Throttle(self._limits, self.clock.now)
        self._functions = Functions(functions)
        self._store = Store(path)
        self._tokens = Tokens(self._store.secret)
        self._states = StateCache(STATES_KEPT)
        self._waiters = Waiters()
        self._work = Work()
        self._turn = threading.Lock()
        self._is_closed = False
        try:
            # Before the clock moves on: what it begins now is no call that was under way.
            self._transact(resume)
            self.clock.start(self)
        except BaseException:
            self._store.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End waiting polls and deadlines, and close the database."""
        if self._is_closed or self._store.is_of_parent:
            return
        # No deadline may fire any more once the database is closed.
        self.clock.stop()
        self._functions.close()
        with self._turn:
            self._is_closed = True
            self._store.close()
            self._waiters.end()

    @property
    def waiting_polls(self) -> int:
        """How many polls wait for a task now."""
        return len(self._waiters)

    def counts(self) -> Counts:
        """Tell how often the engine was asked for what and refused it, since it was opened or reset."""
        return self._tally.counts()

    def attach(self, client: "SWFClient") -> None:
        """Answer a boto3 client of SWF here, in this process, without a socket."""
        inprocess.attach(self, client)

    def end_polls(self, identity: str | None = None) -> None:
        """End the polls that wait, of an identity or all; each answers that there is no task, and none is lost."""
        self._waiters.end(identity)

    def handle(self, target: str, body: bytes) -> Answer:
        """Answer a request as SWF does.

        Args:
            target: The request's ``X-Amz-Target`` header; what follows its last dot names the operation.
            body: The request's body.
        """
        woken = threading.Event()
        asked = self.begin(target, body, woken.set)
        return _held(asked, woken, self.poll_wait_seconds) if isinstance(asked, Poll) else asked

    def begin(self, target: str, body: bytes, wake: Callable[[], None]) -> "Answer | Poll":
        """Answer a request as `handle` does, but leave it to the caller to wait when it is a poll.

        Args:
            target: The request's ``X-Amz-Target`` header.
            body: The request's body.
            wake: Called, from any thread, when the poll should look again.
        """
        self._store.require_own()
        name = target.rpartition(".")[2]
        self._tally.request(name)
        return self._answered(name, lambda: self._begun(name, body, wake))

    def reset(self) -> None:
        """Forget all domains and what is in them; polls that wait are ended, and older tokens are refused."""
        with self._in_turn():
            with self._store.transaction():
                for (table,) in self._store.rows(_EMPTIED):
                    self._store.execute(f"DELETE FROM {table}")
                secret = secrets.token_bytes(32)
                self._store.execute("UPDATE meta SET value = ? WHERE name = 'secret'", secret)
            self._tokens = Tokens(secret)
            self._states = StateCache(STATES_KEPT)
            self._work = Work()
            self._throttle = Throttle(self._limits, self.clock.now)
            self._tally.clear()
        self._waiters.end()

    def next_deadline(self) -> int | None:
        """Give the time of the next deadline, in milliseconds since 1970."""
        self._store.require_own()
        with self._turn:
            if self._is_closed:
                return None
            due: int | None = self._store.value("SELECT min(due) FROM deadline")
            return due

    def fire_deadlines(self) -> None:
        """Let happen what was due by now, in the order of the deadlines."""
        while self._transact(deadlines.fire_next):
            pass

    @contextmanager
    def standing_still(self) -> Iterator[Outlook]:
        """Tell what the engine is about; in the block no request changes anything."""
        with self._in_turn():
            waiting = self._store.rows("SELECT DISTINCT kind, domain, task_list FROM waiting_task")
            # That a closed execution is forgotten is nothing to wait for.
            due = self._store.value("SELECT due FROM deadline WHERE kind <> 'RETENTION' ORDER BY due LIMIT 1")
            yield Outlook(
                is_working=bool(self._work.runs) or self._waiters.awake > 0,
                waiting=tuple((kind, domain, task_list) for kind, domain, task_list in waiting),
                deadline=due,
                quiet_seconds=self._work.quiet_seconds,
            )

    def _begun(self, name: str, body: bytes, wake: Callable[[], None]) -> "Answer | Poll":
        operation = OPERATIONS.get(name)
        if operation is None:
            raise Fault("UnknownOperationException", f"SWF has no operation {name!r}", status=404)
        asked = protocol.read(body)
        self._throttle.request(name)
        request = validation.checked(name, asked)
        if name not in _POLLS:
            return protocol.answer(self._transact(lambda transaction: operation(transaction, request)))
        kind, idle = _POLLS[name]
        waiter = Waiter((kind, request["domain"], request["taskList"]["name"]), request.get("identity"), wake)
        if self._waiters.waiting(waiter.key) >= self._limits.polls:
            raise Fault("LimitExceededFault", "Limit on maximum concurrent poll requests per task list reached")

        def take() -> Answer | None:
            output = self._transact(look)
            return None if output is None else protocol.answer(output)

        def look(transaction: Transaction) -> Output:
            # Waiting begins before looking: a task that comes in between wakes this poll.
            self._waiters.join(waiter)
            return operation(transaction, request)

        if not self._empty_task_token:
            idle = {member: value for member, value in idle.items() if member != "taskToken"}
        return Poll(self._waiters, waiter, lambda: self._answered(name, take), protocol.answer(idle))

    def _answered(self, name: str, work: Callable[[], T]) -> T | Answer:
        """Do some work for an operation, and answer with the fault if it ends in one."""
        try:
            return work()
        except Fault as fault:
            return self._refusal(name, fault)
        except EngineError:
            raise
        except Exception:
            _log.exception("%s failed inside the engine", name)
            return self._refusal(name, Fault("InternalFailure", "The engine failed; its log says how.", status=500))

    def _refusal(self, name: str, fault: Fault) -> Answer:
        self._tally.fault(name, fault.code)
        return protocol.refusal(fault)

    @contextmanager
    def _in_turn(self) -> Iterator[None]:
        """Let nobody else in, if the engine can be used at all."""
        # Before the lock: in a forked process nobody may be there who releases it.
        self._store.require_own()
        with self._turn:
            if self._is_closed:
                raise EngineError("This engine is closed. Open another one.")
            yield

    def _transact(self, work: Callable[[Transaction], T]) -> T:
        """Do some work in a transaction, alone; then tell those who wait for what it brought."""
        with self._in_turn():
            transaction = Transaction(
                self._store,
                self._tokens,
                self._states,
                self._throttle,
                self.clock.now(),
                arn_prefix=self._arn_prefix,
                largest_page=self._largest_page,
            )
            try:
                with self._store.transaction():
                    done = work(transaction)
            except BaseException:
                transaction.undo()
                raise
            if isinstance(self.clock, VirtualClock):
                self._work.runs_changed(transaction.changed)
        if transaction.refused:
            self._tally.refused(transaction.refused)
        self._waiters.wake(transaction.offered)
        for run, scheduled in transaction.calls:
            self._functions.submit(scheduled, partial(self._finish_call, run, scheduled.id))
        if transaction.earliest_deadline is not None:
            self.clock.deadline_set(transaction.earliest_deadline)
        self.clock.work_ended()
        return done

    def _finish_call(self, run: int, scheduled_event_id: int, outcome: Outcome) -> None:
        # What ends after the engine was closed is called again when it is opened.
        with suppress(EngineError):
            self._transact(lambda transaction: finish(transaction, run, scheduled_event_id, outcome))


class Poll:
    """A poll from its arrival to its answer: it stands in the queue of a task list, and looks for a task.

    Whoever waits for it does so in a ``with`` block; when that is left, the poll stands in no queue.

    Attributes:
        idle: What it answers when no task came.
    """

    def __init__(self, waiters: Waiters, waiter: Waiter, take: Callable[[], Answer | None], idle: Answer) -> None:
        self._waiters = waiters
        self._waiter = waiter
        self._take = take
        self.idle = idle

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._waiters.leave(self._waiter)

    def look(self) -> Answer | None:
        """Take a task that waits; None when there is none, and then the poll is woken when it should look again."""
        return self.idle if self._waiter.is_ended else self._take()


def _held(poll: Poll, woken: threading.Event, seconds: float) -> Answer:
    """Wait in this thread until a poll has its answer."""
    until = time.monotonic() + seconds
    with poll:
        while True:
            woken.clear()
            answer = poll.look()
            if answer is not None:
                return answer
            if not woken.wait(until - time.monotonic()):
                return poll.idle
