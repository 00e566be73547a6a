"""Histories, replayed without an SWF: whether the program still does what made them."""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import attrs

from swf.checks import of_kind
from swf.exceptions import ConfigurationError, ValidationError
from swf.models.history import History
from swf.shapes import ExecutionId, TypeId, execution_id
from swf.workflows.definition import Definition, Workflow, definition_of
from swf.workflows.machine import Machine
from swf.workflows.recorded import Recorded, read
from swf.workflows.turns import RawEvent, Turn, cut


@contextmanager
def replayed(
    definition: Definition,
    events: Sequence[RawEvent],
    execution: tuple[str, str] | None,
    *,
    check: bool = False,
    strict: bool = False,
) -> Iterator[Machine]:
    """Give the machine of an execution after the last decision of its history; it ends with the block."""
    known = None if execution is None else ExecutionId(*execution)
    machine = Machine(definition, known, check=check, strict=strict)
    try:
        replay_turns(machine, [turn for turn in cut(events) if turn.is_replayed])
        yield machine
    finally:
        machine.forget()


def replay_turns(machine: Machine, turns: Iterable[Turn]) -> None:
    """Replay turns that were answered, one after another."""
    turns = list(turns)
    machine.learn(turns)
    for turn in turns:
        machine.replay(turn)
    machine.markers = {}


def definitions(workflows: Iterable[type[Workflow]]) -> dict[TypeId, Definition]:
    """Look at workflows, by their types.

    Raises:
        ValidationError: Two are of one type.
    """
    by_type: dict[TypeId, Definition] = {}
    for workflow in workflows:
        definition = definition_of(workflow)
        there = by_type.setdefault(definition.type_id, definition)
        if there is not definition:
            raise ValidationError(
                f"The workflow type {definition.type_id} is declared twice, by {_place(there.workflow)} and "
                f"{_place(workflow)}. Give one of them another name or version."
            )
    return by_type


def _place(kind: type) -> str:
    return f"{kind.__module__}.{kind.__qualname__}"


def _fixed(workflows: Iterable[type[Workflow]]) -> tuple[type[Workflow], ...]:
    return tuple(workflows)


@attrs.frozen
class Replayer:
    """Replays histories against the program as it is now: for tests, before a change goes where executions are open.

    >>> Replayer([])
    Replayer()

    Forbidden calls are caught; nothing is sent anywhere, and no side effect is done.

    Args:
        workflows: The workflows, by whose types histories are told apart.
        check: Whether forbidden calls are caught.
        strict: Whether inputs and timeouts have to be the same, too. Otherwise only kind, type and id of what is asked
            for are compared: a program may come to send more.

    Raises:
        ValidationError: Two workflows are of one type.
    """

    workflows: Sequence[type[Workflow]] = attrs.field(converter=_fixed)
    check: bool = True
    strict: bool = False
    _definitions: Mapping[TypeId, Definition] = attrs.field(
        init=False,
        eq=False,
        repr=False,
        default=attrs.Factory(lambda self: definitions(self.workflows), takes_self=True),
    )

    def replay(
        self,
        history: "History | Iterable[RawEvent] | str | os.PathLike[str]",
        *,
        execution: Any = None,
    ) -> None:
        """Replay one history up to its last decision.

        Args:
            history: A `History`, a list of events as they stand in SWF's JSON, or the path of a file with such a list:
                ``swf executions history -o json`` writes one.
            execution: Whose it is: an execution, or its workflow id and run id. What `random`, `uuid4` and the ids of
                children give follows from it; left out, and not told by the file, the ids of children are not compared.

        Raises:
            NonDeterminismError: The program asks for something other than the history records; tells event and line.
            ForbiddenCallError: It calls what gives something else on each replay.
            ConfigurationError: None of the workflows is of the history's type.
            ValidationError: It is no history.
        """
        recorded = recorded_of(history)
        known = recorded.execution if execution is None else execution_id(execution)
        with replayed(self._definition(recorded.events), recorded.events, known, check=self.check, strict=self.strict):
            pass

    @staticmethod
    def type_of(events: Sequence[RawEvent]) -> TypeId:
        """Give the workflow type of a history."""
        kind = events[0]["workflowExecutionStartedEventAttributes"]["workflowType"]
        return TypeId(kind["name"], kind["version"])

    def knows(self, type_id: TypeId) -> bool:
        """Tell whether a workflow here is of a type."""
        return type_id in self._definitions

    def _definition(self, events: Sequence[RawEvent]) -> Definition:
        type_id = self.type_of(events)
        if not self.knows(type_id):
            known = ", ".join(map(str, sorted(self._definitions))) or "none"
            raise ConfigurationError(
                f"The history is of the workflow type {type_id}, and there is no workflow of it here. "
                f"There are: {known}."
            )
        return self._definitions[type_id]

    def __repr__(self) -> str:
        return f"Replayer({', '.join(workflow.__name__ for workflow in self.workflows)})"


def recorded_of(history: "History | Iterable[RawEvent] | str | os.PathLike[str]") -> Recorded:
    """Give a history, from its first event, and whose it is where that is told.

    Raises:
        ValidationError: It is no history, or its beginning is not there.
    """
    if isinstance(history, History):
        return Recorded.of("history", [event.raw for event in history])
    if not isinstance(history, str | os.PathLike):
        given = of_kind(history, Iterable, "history", "Give a History, a list of events, or a file's path.")
        return Recorded.of("history", list(given))
    found = read(history)
    if len(found) != 1:
        raise ValidationError(f"{os.fspath(history)} holds {len(found)} histories. Give one, or replay each of read().")
    return found[0]
