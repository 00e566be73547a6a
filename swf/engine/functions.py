"""AWS Lambda functions, which are Python callables here: called by name or ARN, each call in a thread of its own.

A function gets the decoded JSON of its input, ``{}`` when there is none, and its answer is written as JSON.

See: https://docs.aws.amazon.com/amazonswf/latest/developerguide/lambda-task.html
"""

import json
import logging
import re
import threading
import traceback
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import attrs

from swf.checks import of_kind
from swf.exceptions import ValidationError
from swf.failure import LONGEST_DETAILS, Failure, raised
from swf.models.event import Event, LambdaFunctionCompleted, LambdaFunctionFailed, LambdaFunctionScheduled

if TYPE_CHECKING:
    from swf.engine.transaction import Transaction

Function = Callable[[Any], Any]

_log = logging.getLogger(__name__)


@attrs.frozen
class Outcome:
    """How a call ended: with a result, or with a reason and details."""

    result: str | None = None
    reason: str | None = None
    details: str | None = None

    def event(self, scheduled_event_id: int, started_event_id: int) -> Event:
        """Give the event that records it."""
        if self.reason is None:
            return LambdaFunctionCompleted(
                scheduled_event_id=scheduled_event_id, started_event_id=started_event_id, result=self.result
            )
        return LambdaFunctionFailed(
            scheduled_event_id=scheduled_event_id,
            started_event_id=started_event_id,
            reason=self.reason,
            details=self.details,
        )


def call(functions: Mapping[str, Function], scheduled: LambdaFunctionScheduled) -> Outcome:
    """Call a function, whatever becomes of it."""
    function = functions.get(scheduled.function_name) or functions.get(_name_of(scheduled.function_name))
    if function is None:
        details = f"Function not found: {scheduled.function_name}. Give it to the engine: Engine(functions={{...}})."
        return Outcome(reason="ResourceNotFoundException", details=details)
    try:
        return Outcome(result=json.dumps(function(json.loads(scheduled.input or "{}"))))
    except BaseException as error:
        # Whatever it is, ``sys.exit()`` too: the thread is the function's own, and an execution waits for the outcome.
        _log.warning("The function %r failed", scheduled.function_name, exc_info=True)
        failure = Failure.of(error)
        return Outcome(reason="UnhandledError", details=_details(failure, _stack(error)))


# resize, resize:PROD, 123456789012:function:resize, arn:aws:lambda:us-east-1:123456789012:function:resize:PROD
_NAME = re.compile(r"(?:(?:arn:[^:]+:lambda:[^:]*:)?[^:]*:function:)?([^:]+)(?::[^:]+)?")


def _name_of(name: str) -> str:
    """Return the name of a function without account, region, version and alias.

    See: https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
    """
    found = _NAME.fullmatch(name)
    return found[1] if found else name


# Of one call and of a class's name: code that was made by code has no bounds, and the two have to fit together.
_LONGEST_PART = 1_000


def _details(failure: Failure, stack: Sequence[str]) -> str:
    """Return the details of a failure as Lambda's runtime writes them, cut to what SWF keeps: outer calls go first."""
    message = failure.message
    stack = [call[:_LONGEST_PART] for call in stack]
    while True:
        told = {"errorMessage": message, "errorType": failure.type[:_LONGEST_PART], "stackTrace": stack}
        details = json.dumps(told)
        if len(details) <= LONGEST_DETAILS:
            return details
        if len(stack) > 1:
            stack = stack[(len(stack) + 1) // 2 :]
        else:
            message = message[: len(message) // 2]


def _stack(error: BaseException) -> list[str]:
    """Return where a function failed, as Lambda's runtime for Python tells it: a text for each call."""
    return traceback.StackSummary.extract(traceback.walk_tb(raised(error)[2])).format()


class Functions:
    """The functions of an engine, and the threads that call them.

    One that never answers keeps neither others from being called nor the process from ending.
    """

    def __init__(self, functions: Mapping[str, Function] | None) -> None:
        given = of_kind(functions or {}, Mapping, "mapping of functions", "Give {'resize-image': a_function}.")
        for name, function in given.items():
            if not callable(function):
                raise ValidationError(
                    f"{function!r} is no function for {name!r}. Give something that can be called with one value."
                )
        self._functions = dict(given)
        self._is_closed = False

    def submit(self, scheduled: LambdaFunctionScheduled, done: Callable[[Outcome], None]) -> None:
        """Call a function in a thread of its own, and tell how it ended."""
        if self._is_closed:
            return
        name = f"swf-engine-lambda-{scheduled.function_name}"
        threading.Thread(target=lambda: done(call(self._functions, scheduled)), name=name, daemon=True).start()

    def close(self) -> None:
        """Start no more calls; those that run are not waited for."""
        self._is_closed = True


def resume(transaction: "Transaction") -> None:
    """Have the calls made again that were under way when the engine last closed, or died."""
    # Those whose time is over by now time out.
    rows = transaction.store.rows(
        "SELECT run, event_id FROM deadline WHERE kind = 'LAMBDA_START_TO_CLOSE' AND due > ?", transaction.now
    )
    for number, scheduled_event_id in rows:
        scheduled = transaction.run(number).state.lambda_functions[scheduled_event_id].scheduled
        transaction.calls.append((number, scheduled))


def finish(transaction: "Transaction", run_number: int, scheduled_event_id: int, outcome: Outcome) -> None:
    """Record how a call ended, if its execution still waits for it."""
    run = transaction.find_run(run_number)
    open_call = None if run is None else run.state.lambda_functions.get(scheduled_event_id)
    if run is None or run.state.closed is not None or open_call is None or open_call.started is None:
        return
    run.record([outcome.event(scheduled_event_id, open_call.started.id)])
