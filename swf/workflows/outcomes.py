"""What became of many histories that were replayed."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Literal

import attrs

from swf.exceptions import NonDeterminismError, SWFError, ValidationError
from swf.shapes import TypeId
from swf.workflows.recorded import Recorded, read
from swf.workflows.replay import Replayer

State = Literal["same", "differs", "failed", "skipped"]


@attrs.frozen
class Outcome:
    """What became of one history.

    Attributes:
        name: What the history is called: its file, or its workflow id.
        run_id: Whose it is, if that is known.
        workflow_type: Its workflow type; None where it is no history.
        events: How many events it has.
        state: ``same``: the program does what is recorded; ``differs``: it does not; ``failed``: it cannot be replayed;
            ``skipped``: there is no workflow of its type here.
        error: Why.
    """

    name: str
    run_id: str | None
    workflow_type: TypeId | None
    events: int
    state: State
    error: SWFError | None = None


def outcomes(replayer: Replayer, histories: Iterable[Recorded | Outcome]) -> Iterator[Outcome]:
    """Replay histories one after another; what cannot be read comes as its outcome already."""
    for history in histories:
        yield history if isinstance(history, Outcome) else outcome(replayer, history)


def outcome(replayer: Replayer, history: Recorded) -> Outcome:
    """Replay one history."""
    type_id = replayer.type_of(history.events)
    run_id = None if history.execution is None else history.execution.run_id
    made = Outcome(history.name, run_id, type_id, len(history.events), "same")
    if not replayer.knows(type_id):
        return attrs.evolve(made, state="skipped")
    try:
        replayer.replay(history.events, execution=history.execution)
    except NonDeterminismError as error:
        return attrs.evolve(made, state="differs", error=error)
    except SWFError as error:
        return attrs.evolve(made, state="failed", error=error)
    return made


def from_files(paths: Iterable[Path]) -> Iterator[Recorded | Outcome]:
    """Read the histories of files one after another; a file that holds none gives its outcome."""
    for path in paths:
        try:
            yield from read(path)
        except ValidationError as error:
            yield Outcome(str(path), None, None, 0, "failed", error)
