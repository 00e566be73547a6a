"""When something that failed is tried again, and after how many seconds."""

import random
from collections.abc import Iterable, Iterator

import attrs

from swf.exceptions import ValidationError
from swf.failure import Failure

# What SWF takes as a reason to refuse a decision may pass, when there was too much of something or it came too fast.
_PASSING = ("_RATE_EXCEEDED", "_LIMIT_EXCEEDED")


def _all_named(types: "Iterable[str | type[BaseException]]") -> tuple[str, ...]:
    return tuple(kind if isinstance(kind, str) else kind.__name__ for kind in types)


@attrs.frozen(kw_only=True)
class RetryPolicy:
    """How often a call is tried, and how long is waited in between.

    >>> RetryPolicy(attempts=4, first_delay=1, backoff=2, jitter=0).delays
    (1, 2, 4)

    Attributes:
        attempts: How many times it is tried, the first one included. None tries for ever.
        first_delay: Seconds before the second attempt.
        backoff: How many times longer each further delay is.
        longest_delay: Seconds that no delay exceeds.
        jitter: What part of a delay may be taken away at random: 0.1 is a tenth at most.
        non_retryable: Types of failures that are not tried again: names, or exception classes. A failure is known by
            its own name: subclasses are named, too.

    A failure that says itself that trying again does not help (``retry``) is not tried again, and one that says in how
    many seconds it may (``retry_after``) is tried then. Timers wait whole seconds: a delay is rounded up.

    Raises:
        ValidationError: One of these cannot be.
    """

    attempts: int | None = 3
    first_delay: float = 1
    backoff: float = 2
    longest_delay: float = 3600
    jitter: float = 0.1
    non_retryable: tuple[str, ...] = attrs.field(default=(), converter=_all_named)

    def __attrs_post_init__(self) -> None:
        if self.attempts is not None and self.attempts < 1:
            raise ValidationError(f"attempts is {self.attempts}, and must be at least 1. None tries for ever.")
        for name in ("first_delay", "longest_delay", "jitter"):
            if getattr(self, name) < 0:
                raise ValidationError(f"{name} is {getattr(self, name)}, and must not be negative.")
        if self.backoff < 1 or self.jitter > 1:
            raise ValidationError(f"backoff is {self.backoff} and jitter {self.jitter}. Give 1 or more, and 1 at most.")

    @property
    def delays(self) -> tuple[float, ...]:
        """The seconds between the attempts, without jitter; of a policy without end the first ten."""
        return tuple(map(self._delay, range(1, self.attempts or 11)))

    def delay(self, attempt: int, failure: Failure, chance: random.Random) -> float | None:
        """Give the seconds to wait after a failed attempt, the first one being 1; None if it was the last.

        Args:
            attempt: Which attempt failed.
            failure: Why.
            chance: Where the jitter comes from.
        """
        if attempt == self.attempts or not failure.retry or self._names(failure):
            return None
        if failure.retry_after is not None:
            return failure.retry_after
        return self._delay(attempt) * (1 - self.jitter * chance.random())

    def _delay(self, attempt: int) -> float:
        # The power of a large number of attempts is more than a float can be.
        growth = self.backoff ** min(attempt - 1, 500)
        return min(self.first_delay * growth, self.longest_delay)

    def _names(self, failure: Failure) -> bool:
        """Tell whether the failure, or what led to it, is of a type that is not tried again."""
        return any(each.type in self.non_retryable for each in _chain(failure))


def may_pass(cause: str) -> bool:
    """Tell whether a decision that SWF refused for this cause may be taken when it comes again."""
    return cause.endswith(_PASSING)


def _chain(failure: Failure | None) -> Iterator[Failure]:
    while failure is not None:
        yield failure
        failure = failure.cause
