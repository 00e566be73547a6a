"""Lambda functions, known by their name."""

from typing import Any

from swf import payload, wire
from swf.models.decision import ScheduleLambdaFunction
from swf.workflows.arguments import encoded, packed
from swf.workflows.calls import LambdaCall, made
from swf.workflows.loop import Future
from swf.workflows.retry import RetryPolicy
from swf.workflows.running import required


class LambdaFunction:
    """An AWS Lambda function, called by SWF with the execution's Lambda role.

    >>> upcase = LambdaFunction("upcase", timeout=60)

    Inside a workflow, ``await upcase("hello")`` calls it: one argument is the input, several are a list, keywords an
    object. The input is always JSON; without arguments there is none.

    Args:
        name: The function's name, or its ARN.
        timeout: Seconds that a call may take, 15 minutes at most. Left out, SWF's default of 15 minutes.
        retry: When it is called again; left out, it is not.
    """

    def __init__(self, name: str, *, timeout: int | None = None, retry: RetryPolicy | None = None) -> None:
        self.name = name
        self.timeout = timeout
        self.retry = retry
        raw = wire.write(ScheduleLambdaFunction(id="1", name=name, start_to_close_timeout=timeout))
        self._raw = {key: value for key, value in raw.items() if key not in ("id", "name")}

    def __call__(self, *args: Any, **kwargs: Any) -> Future[Any]:
        """Call it, and give a future of its result.

        Raises:
            OutsideWorkflowError: No workflow runs here.
            TypeError: Arguments and keywords are given.
            ValidationError: They are no JSON, or too long.
        """
        machine = required(repr(self))
        input = packed(repr(self), args, kwargs)
        text = _json(input) if args or kwargs else None

        def schedule(attempt: int) -> LambdaCall:
            call = LambdaCall(machine, machine.next_id("lambda"), self.name, text, self._raw)
            machine.ask(call)
            return call

        return made(machine, self.retry, schedule)

    def __repr__(self) -> str:
        return f"LambdaFunction({self.name!r})"


def _json(value: Any) -> str:
    """Give a value as JSON, a text too, and whatever the codec: Lambda knows nothing else."""
    with payload.use(payload.JSONCodec()):
        text = encoded([value])
    assert text is not None, "a list is never left out"
    return text[1:-1]
