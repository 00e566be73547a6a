"""Warnings about what is still open when a workflow ends.

SWF keeps no execution open for what it began: an activity's result then comes too late, and to open children SWF
applies the ``child_policy`` of their parent, however the parent closes. A program that does not know of either looks
right until it runs, so both are logged once, where the end is decided.
"""

import logging
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from swf.constants import ABANDON, TERMINATE
from swf.workflows.calls import ActivityCall, ChildCall
from swf.workflows.commands import Close
from swf.workflows.determinism import line, told
from swf.workflows.forbidden import CANCELED_CHILD, FORGOTTEN, FORGOTTEN_CHILD, LEFT_CHILD

if TYPE_CHECKING:
    from swf.workflows.machine import Machine

_log = logging.getLogger(__name__)

_APPLIED = {TERMINATE: "SWF terminates it", "REQUEST_CANCEL": "SWF asks it to cancel"}


def warn(machine: "Machine", close: Close) -> None:
    """Log a warning for each open child that the end ends too, and for each call that nobody awaited."""
    children = list(_affected_children(machine))
    _warn_of_children(machine, children)
    if close.is_as_intended:
        _warn_of_unawaited(machine, {id(child) for child in children})
        _warn_of_left_out(machine)


def _affected_children(machine: "Machine") -> Iterator[ChildCall[object]]:
    """Give the open children to which the policy of their parent does something that nobody asked for."""
    policy = machine.started.get("childPolicy")
    if policy == ABANDON:
        return
    for command in machine.waiting.values():
        # A child that was asked to cancel may be asked again; to be terminated is another matter.
        if isinstance(command, ChildCall) and (policy == TERMINATE or not command.is_cancel_requested):
            yield command


def _warn_of_children(machine: "Machine", children: list[ChildCall[object]]) -> None:
    policy = machine.started["childPolicy"]
    # A loop may have started a thousand: one line of the program is one warning.
    counts = Counter((child.place, child.is_cancel_requested) for child in children)
    for child in children:
        count = counts.pop((child.place, child.is_cancel_requested), 0)
        if count:
            _log.warning(
                "%r ends while its child %s of %s is open%s%s. %s, for the child_policy of the parent is %s. %s",
                machine.execution,
                child.told,
                line(child.place),
                f", and {count - 1:,} more of that line" if count > 1 else "",
                ", and was asked to cancel" if child.is_cancel_requested else "",
                _APPLIED[policy],
                policy,
                CANCELED_CHILD if child.is_cancel_requested else LEFT_CHILD,
            )


def _warn_of_unawaited(machine: "Machine", told_of: set[int]) -> None:
    for call in machine.unheeded.values():
        if not call.is_dropped and id(call) not in told_of:
            _log.warning(
                "%r ends, and never awaited %s of %s. %s",
                machine.execution,
                told(call),
                line(call.place),
                FORGOTTEN_CHILD if isinstance(call, ChildCall) else FORGOTTEN,
            )


def _warn_of_left_out(machine: "Machine") -> None:
    for command in machine.outbox.left_out:
        if isinstance(command, ActivityCall) and not command.is_to_be_awaited:
            _log.warning(
                "%r ends with the answer that would ask for %s of %s, so nobody performs it. Await it.",
                machine.execution,
                told(command),
                line(command.place),
            )
