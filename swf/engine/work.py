"""What is under way in an engine: which runs somebody works on, and when something last happened."""

import time
from collections.abc import Mapping

from swf.models.history.state import ExecutionState


class Work:
    """Remembers the runs that somebody works on.

    Only what happened since the engine was opened is known: a task that was handed out before counts as given up.

    Attributes:
        runs: The runs that somebody works on, by the number each has inside.
    """

    def __init__(self) -> None:
        self.runs: set[int] = set()
        self._last_step = time.monotonic()

    @property
    def quiet_seconds(self) -> float:
        """How many real seconds ago an execution got an event."""
        return time.monotonic() - self._last_step

    def runs_changed(self, changed: Mapping[int, ExecutionState]) -> None:
        """Hear how the runs stand that got events."""
        for run, state in changed.items():
            self._last_step = time.monotonic()
            if is_worked_on(state):
                self.runs.add(run)
            else:
                self.runs.discard(run)


def is_worked_on(state: ExecutionState) -> bool:
    """Tell whether somebody has a task of a run, or a Lambda function is called for it."""
    if state.closed is not None:
        return False
    return (
        state.started_decision is not None
        or any(activity.started is not None for activity in state.activities.values())
        or any(called.started is not None for called in state.lambda_functions.values())
    )
