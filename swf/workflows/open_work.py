"""Warnings about what is still open when a workflow ends, and about what its last answer asks for in vain.

SWF keeps no execution open for what it began: an activity's result then comes too late, and to open children SWF
applies the ``child_policy`` of their parent, however the parent closes. What is asked for with the answer that ends the
execution does not even begin. A program that does not know of this looks right until it runs.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from swf.models.history.child_policy import effect
from swf.workflows.calls import ActivityCall, Call, ChildCall, LambdaCall
from swf.workflows.commands import Close, Command
from swf.workflows.determinism import line, told
from swf.workflows.forbidden import CANCELED_CHILD, FORGOTTEN, FORGOTTEN_CHILD, LEFT_CHILD

if TYPE_CHECKING:
    from swf.workflows.machine import Machine


def warnings(machine: "Machine", close: Close, batch: Sequence[Command]) -> Iterator[str]:
    """Yield a sentence for each line of the program whose work the end cuts off, and for each call in vain.

    Args:
        machine: The execution.
        close: Its end.
        batch: The commands of the answer that ends it.
    """
    children = list(_affected_children(machine))
    yield from _of_children(machine, children)
    if close.is_as_intended:
        in_vain = [command for command in (*batch, *machine.outbox.left_out) if _is_work(command)]
        yield from _of_calls_in_vain(machine, in_vain)
        yield from _of_unawaited(machine, {id(call) for call in (*children, *in_vain)})


def _affected_children(machine: "Machine") -> Iterator[ChildCall[object]]:
    """Yield the open children to which the policy of their parent does something that nobody asked for."""
    for command in machine.waiting.values():
        if isinstance(command, ChildCall) and _effect(machine, command):
            yield command


def _effect(machine: "Machine", child: ChildCall[object]) -> str | None:
    return effect(machine.started.get("childPolicy"), is_cancel_requested=child.is_cancel_requested)


def _of_children(machine: "Machine", children: list[ChildCall[object]]) -> Iterator[str]:
    # A loop may have started a thousand: one line of the program is one warning.
    counts = Counter((child.place, child.is_cancel_requested) for child in children)
    for child in children:
        count = counts.pop((child.place, child.is_cancel_requested), 0)
        if count and (applied := _effect(machine, child)):
            more = f", and {count - 1:,} more of that line" if count > 1 else ""
            asked = ", and was asked to cancel" if child.is_cancel_requested else ""
            yield (
                f"{machine.execution!r} ends while its child {child.told} of {line(child.place)} is open{more}{asked}. "
                f"SWF {applied.format('it')}, for the child_policy of the parent is {machine.started['childPolicy']}. "
                f"{CANCELED_CHILD if child.is_cancel_requested else LEFT_CHILD}"
            )


def _is_work(command: Command) -> bool:
    return isinstance(command, ActivityCall | ChildCall | LambdaCall)


def _of_calls_in_vain(machine: "Machine", calls: Sequence[Any]) -> Iterator[str]:
    for call in calls:
        yield (
            f"{machine.execution!r} ends with the answer that would ask for {told(call)} of {line(call.place)}, so "
            "nobody does it. Await it before the end."
        )


def _of_unawaited(machine: "Machine", told_of: set[int]) -> Iterator[str]:
    call: Call[Any]
    for call in machine.unheeded.values():
        if not call.is_dropped and id(call) not in told_of:
            remedy = FORGOTTEN_CHILD if isinstance(call, ChildCall) else FORGOTTEN
            yield f"{machine.execution!r} ends, and never awaited {told(call)} of {line(call.place)}. {remedy}"
