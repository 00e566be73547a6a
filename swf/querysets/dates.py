"""The ends of a span of time, in all the ways that filters take them."""

import math
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import attrs

from swf.exceptions import ValidationError

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)
MILLISECOND = timedelta(milliseconds=1)

Date = datetime | date | timedelta | float | str


@attrs.frozen
class Ago:
    """A time so long before the one when SWF is asked."""

    duration: timedelta

    def __str__(self) -> str:
        return f"{self.duration / DAY:g} days ago"


def oldest(value: Date) -> datetime | Ago:
    """Read the early end of a span; a date without a time is its first moment.

    A number is days back, and a `timedelta` so long back, from when SWF is asked. Where no zone is said, it is UTC.

    Raises:
        ValidationError: The value is no date.
    """
    return _read(value, lambda day: datetime.combine(day, time(), UTC))


def latest(value: Date) -> datetime | Ago:
    """Read the late end of a span; a date without a time is its last millisecond. Else like `oldest`.

    Raises:
        ValidationError: The value is no date.
    """
    return _read(value, lambda day: datetime.combine(day, time(), UTC) + DAY - MILLISECOND)


def at(value: datetime | Ago, now: datetime) -> datetime:
    """Give the point in time that is meant now; SWF knows none before 1970."""
    if isinstance(value, datetime):
        return max(value, EPOCH)
    # Whole seconds are exact enough for what is counted in days, and every boto3 sends them exactly.
    return max(EPOCH, now.replace(microsecond=0) - min(value.duration, now - EPOCH))


def whole_second_before(value: datetime) -> datetime:
    """Give the value without the fraction of its second."""
    return value.replace(microsecond=0)


def whole_second_after(value: datetime) -> datetime:
    """Give the next whole second, or the value if it is one."""
    return value if not value.microsecond else value.replace(microsecond=0) + SECOND


def _read(value: Any, of_day: Callable[[date], datetime]) -> datetime | Ago:
    if isinstance(value, str):
        value = _parsed(value)
    match value:
        case datetime():
            return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)
        case date():
            return of_day(value)
        case timedelta():
            return Ago(_not_negative(value, value))
        case bool():
            pass
        case int() | float():
            return Ago(_not_negative(_days(value), value))
    raise ValidationError(
        f"{value!r} is no date. Give a number of days back, a timedelta, a date, a datetime, or ISO text."
    )


def _parsed(text: str) -> date:
    from dateutil.parser import isoparse

    try:
        return date.fromisoformat(text)
    except ValueError:
        pass
    try:
        return isoparse(text)
    except ValueError as error:
        raise ValidationError(f"{text!r} is no date. Write it like 2030-01-31 or 2030-01-31T08:00:00Z.") from error


def _days(number: float) -> timedelta:
    if math.isnan(number):
        raise ValidationError("A number of days cannot be nan. Leave the filter out to have no bound.")
    # More days than a calendar has lead back to the same beginning.
    return timedelta(days=max(-1_000_000, min(number, 1_000_000)))


def _not_negative(duration: timedelta, given: Any) -> timedelta:
    if duration < timedelta():
        raise ValidationError(
            f"{given!r} lies in the future. Give how long ago, as a number or duration that is positive."
        )
    return duration
