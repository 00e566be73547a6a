"""The engine: an SWF of this process, over SQLite."""

import logging
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Self, TypeVar

from swf.engine import deadlines, inprocess, protocol, validation
from swf.engine.clock import Clock, RealClock
from swf.engine.operations import OPERATIONS, Operation, Output, Request, activity_tasks, decision_tasks
from swf.engine.protocol import Answer, Fault
from swf.engine.store import Store, StrPath
from swf.engine.tokens import Tokens
from swf.engine.transaction import StateCache, Transaction
from swf.engine.waiters import Waiter, Waiters
from swf.exceptions import EngineError

if TYPE_CHECKING:
    from mypy_boto3_swf import SWFClient

T = TypeVar("T")

_log = logging.getLogger(__name__)

# The polls: the kind of task each waits for, and what it answers when none came.
_POLLS: dict[str, tuple[str, Output]] = {
    "PollForDecisionTask": ("decision", decision_tasks.IDLE),
    "PollForActivityTask": ("activity", activity_tasks.IDLE),
}

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
        poll_wait_seconds: How long a poll waits for a task before it answers that there is none.
        region: The region that ARNs tell.
        account: The account that ARNs tell.

    Raises:
        EngineError: The file cannot be used: it is another program's, or in use by another process.
    """

    def __init__(
        self,
        path: StrPath | None = None,
        *,
        clock: Clock | None = None,
        poll_wait_seconds: float = 60,
        region: str = "us-east-1",
        account: str = "123456789012",
    ) -> None:
        self.clock = clock or RealClock()
        self.poll_wait_seconds = poll_wait_seconds
        self._arn_prefix = f"arn:aws:swf:{region}:{account}:/domain/"
        self._store = Store(path)
        self._tokens = Tokens(self._store.secret)
        self._states = StateCache(STATES_KEPT)
        self._waiters = Waiters()
        self._turn = threading.Lock()
        self._is_closed = False
        try:
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
        if self._is_closed:
            return
        # No deadline may fire any more once the database is closed.
        self.clock.stop()
        with self._turn:
            self._is_closed = True
            self._store.close()
            self._waiters.end()

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
        try:
            name = target.rpartition(".")[2]
            operation = OPERATIONS.get(name)
            if operation is None:
                raise Fault("UnknownOperationException", f"SWF has no operation {name!r}", status=404)
            request = validation.checked(name, protocol.read(body))
            if name in _POLLS:
                return protocol.answer(self._poll(name, operation, request))
            return protocol.answer(self._transact(lambda transaction: operation(transaction, request)))
        except Fault as fault:
            return protocol.refusal(fault)
        except EngineError:
            raise
        except Exception:
            _log.exception("%s failed inside the engine", target)
            return protocol.refusal(Fault("InternalFailure", "The engine failed; its log says how.", status=500))

    def next_deadline(self) -> int | None:
        """Give the time of the next deadline, in milliseconds since 1970."""
        with self._turn:
            if self._is_closed:
                return None
            due: int | None = self._store.value("SELECT min(due) FROM deadline")
            return due

    def fire_deadlines(self) -> None:
        """Let happen what was due by now, in the order of the deadlines."""
        while self._transact(deadlines.fire_next):
            pass

    def _poll(self, name: str, operation: Operation, request: Request) -> Output:
        kind, idle = _POLLS[name]
        until = time.monotonic() + self.poll_wait_seconds
        woken = threading.Event()
        waiter = Waiter((kind, request["domain"], request["taskList"]["name"]), request.get("identity"), woken.set)

        def look(transaction: Transaction) -> Output:
            # Waiting begins before looking: a task that comes in between wakes this poll.
            self._waiters.join(waiter)
            return operation(transaction, request)

        try:
            while not waiter.is_ended:
                output = self._transact(look)
                if output is not None:
                    return output
                if not _wait(waiter, woken, until):
                    break
            return idle
        finally:
            self._waiters.leave(waiter)

    def _transact(self, work: Callable[[Transaction], T]) -> T:
        """Do some work in a transaction, alone; then tell those who wait for what it brought."""
        with self._turn:
            if self._is_closed:
                raise EngineError("This engine is closed. Open another one.")
            transaction = Transaction(self._store, self._tokens, self._states, self.clock.now(), self._arn_prefix)
            try:
                with self._store.transaction():
                    done = work(transaction)
            except BaseException:
                transaction.undo()
                raise
        self._waiters.wake(transaction.offered)
        if transaction.earliest_deadline is not None:
            self.clock.deadline_set(transaction.earliest_deadline)
        return done


def _wait(waiter: Waiter, woken: threading.Event, until: float) -> bool:
    """Wait until the poll is woken or ended; tells whether that came before its time was over."""
    while not (waiter.is_woken or waiter.is_ended):
        remaining = until - time.monotonic()
        if remaining <= 0:
            return False
        woken.wait(remaining)
        woken.clear()
    return True
