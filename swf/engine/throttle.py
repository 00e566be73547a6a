"""Who asks too often: buckets of tokens, filled again by the engine's time."""

import threading
from collections.abc import Callable, Hashable

import attrs

from swf.engine.limits import Limits, Rate
from swf.engine.protocol import Fault

# Buckets are kept for each execution and task list; when there are so many, those that are full again are let go.
_BUCKETS_KEPT = 10_000


@attrs.define
class _Bucket:
    rate: Rate
    tokens: float
    at: int

    def refill(self, now: int) -> None:
        """Put in what came back since the last time; a clock that was set back brings nothing."""
        seconds = max(now - self.at, 0) / 1000
        self.tokens = min(self.tokens + seconds * self.rate.per_second, self.rate.burst)
        self.at = now

    def take(self) -> bool:
        """Take a token, if there is one."""
        if self.tokens < 1:
            return False
        self.tokens -= 1
        return True


class Throttle:
    """Keeps requests and decisions to the rates of an engine's limits.

    Args:
        limits: The rates.
        now: Gives the engine's time, in milliseconds since 1970.

    Attributes:
        limits: The limits it keeps to, those included that are not about time.
    """

    def __init__(self, limits: Limits, now: Callable[[], int]) -> None:
        self.limits = limits
        self._now = now
        self._lock = threading.Lock()
        self._buckets: dict[Hashable, _Bucket] = {}
        self._tidy_at = _BUCKETS_KEPT

    def request(self, operation: str) -> None:
        """Count a request; a fault when there were too many of late."""
        if not self._takes((operation,), self.limits.requests.get(operation)):
            raise _too_fast()

    def request_on(self, run: int, operation: str) -> None:
        """Count a request on one execution; a fault when there were too many of late."""
        if not self._takes((operation, run), self.limits.requests_per_execution.get(operation)):
            raise _too_fast()

    def takes_decision(self, decision_type: str) -> bool:
        """Count a decision; tells whether it may be carried out."""
        return self._takes((decision_type,), self.limits.decisions.get(decision_type))

    def takes_activity(self, domain: str, task_list: str) -> bool:
        """Count an activity task of a list; tells whether it may be scheduled."""
        return self._takes((domain, task_list), self.limits.activities_per_task_list)

    def _takes(self, key: Hashable, rate: Rate | None) -> bool:
        if rate is None:
            return True
        now = self._now()
        with self._lock:
            bucket = self._buckets.get(key)
            if bucket is None:
                self._tidy(now)
                bucket = self._buckets[key] = _Bucket(rate, rate.burst, now)
            bucket.refill(now)
            return bucket.take()

    def _tidy(self, now: int) -> None:
        if len(self._buckets) < self._tidy_at:
            return
        for bucket in self._buckets.values():
            bucket.refill(now)
        self._buckets = {key: bucket for key, bucket in self._buckets.items() if bucket.tokens < bucket.rate.burst}
        self._tidy_at = max(_BUCKETS_KEPT, 2 * len(self._buckets))


def _too_fast() -> Fault:
    return Fault("ThrottlingException", "Rate exceeded")
