"""The workflow that runs here, if one does."""

from asyncio import events as asyncio_events

from swf.exceptions import OutsideWorkflowError
from swf.workflows.loop import Loop
from swf.workflows.machine import Machine


def current() -> Machine | None:
    """Give the machine of the workflow that runs here, or None."""
    loop = asyncio_events._get_running_loop()
    return loop.machine if type(loop) is Loop else None


def required(what: str) -> Machine:
    """Give the machine of the workflow that runs here.

    Raises:
        OutsideWorkflowError: None does.
    """
    machine = current()
    if machine is None:
        raise OutsideWorkflowError(
            f"{what} makes sense inside a workflow only: call it in run(), or in what that calls."
        )
    return machine
