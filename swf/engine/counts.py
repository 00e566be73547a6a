"""What an engine was asked for, and what it refused."""

import threading
from collections import Counter
from collections.abc import Container, Iterable, Mapping

import attrs

from swf.models.event import Event
from swf.models.event.refusal import REFUSED

# As what a request is counted that names none.
UNKNOWN_OPERATION = "UnknownOperation"

Counted = Mapping[str, int]


@attrs.frozen(kw_only=True)
class Counts:
    """How often an engine was asked for what, and refused it, since it was opened or reset.

    Attributes:
        requests: Requests by operation.
        faults: Refused requests by operation, and there by the fault's name: ``ThrottlingException`` for those that
            were too many.
        refused_decisions: Decisions that were not carried out by their type, and there by the cause.
    """

    requests: Counted
    faults: Mapping[str, Counted]
    refused_decisions: Mapping[str, Counted]

    @property
    def over_limits(self) -> dict[str, Counted]:
        """What was refused because of the engine's limits, by operation or decision, and there by the reason."""
        refused = {**self.faults, **self.refused_decisions}
        told = {
            name: {why: count for why, count in reasons.items() if _is_limit(why)} for name, reasons in refused.items()
        }
        return {name: reasons for name, reasons in told.items() if reasons}


class Tally:
    """Counts, from all threads.

    Args:
        operations: The operations there are; requests for others are counted together.
    """

    def __init__(self, operations: Container[str]) -> None:
        self._operations = operations
        self._lock = threading.Lock()
        self.clear()

    def clear(self) -> None:
        """Begin anew."""
        with self._lock:
            self._requests: Counter[str] = Counter()
            self._faults: Counter[tuple[str, str]] = Counter()
            self._refused: Counter[tuple[str, str]] = Counter()

    def request(self, operation: str) -> None:
        """Count a request."""
        with self._lock:
            self._requests[self._known(operation)] += 1

    def fault(self, operation: str, fault: str) -> None:
        """Count a request that was refused."""
        with self._lock:
            self._faults[self._known(operation), fault] += 1

    def refused(self, events: Iterable[Event]) -> None:
        """Count decisions that were not carried out, by the events that say so."""
        with self._lock:
            self._refused.update((REFUSED[type(event)], event.attributes["cause"]) for event in events)

    def counts(self) -> Counts:
        """Give what was counted by now."""
        with self._lock:
            return Counts(
                requests=dict(sorted(self._requests.items())),
                faults=_nested(self._faults),
                refused_decisions=_nested(self._refused),
            )

    def _known(self, operation: str) -> str:
        return operation if operation in self._operations else UNKNOWN_OPERATION


def _is_limit(why: str) -> bool:
    return why in ("ThrottlingException", "LimitExceededFault") or why.endswith(("_RATE_EXCEEDED", "_LIMIT_EXCEEDED"))


def _nested(pairs: Counter[tuple[str, str]]) -> dict[str, dict[str, int]]:
    nested: dict[str, dict[str, int]] = {}
    for (outer, inner), count in sorted(pairs.items()):
        nested.setdefault(outer, {})[inner] = count
    return nested
