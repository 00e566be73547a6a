from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swf.exceptions import ValidationError
from swf.querysets import dates

NOW = datetime(2030, 3, 1, 12, 30, 15, 250_000, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "meant"),
    [
        (0, datetime(2030, 3, 1, 12, 30, 15, tzinfo=UTC)),
        (1, datetime(2030, 2, 28, 12, 30, 15, tzinfo=UTC)),
        (0.5, datetime(2030, 3, 1, 0, 30, 15, tzinfo=UTC)),
        (timedelta(hours=1), datetime(2030, 3, 1, 11, 30, 15, tzinfo=UTC)),
        (10**9, datetime(1970, 1, 1, tzinfo=UTC)),
        (float("inf"), datetime(1970, 1, 1, tzinfo=UTC)),
        (date(2030, 1, 31), datetime(2030, 1, 31, tzinfo=UTC)),
        (date(1900, 1, 1), datetime(1970, 1, 1, tzinfo=UTC)),
        (datetime(2030, 1, 31, 8), datetime(2030, 1, 31, 8, tzinfo=UTC)),
        (datetime(2030, 1, 31, 8, tzinfo=timezone(timedelta(hours=2))), datetime(2030, 1, 31, 6, tzinfo=UTC)),
        ("2030-01-31", datetime(2030, 1, 31, tzinfo=UTC)),
        ("20300131", datetime(2030, 1, 31, tzinfo=UTC)),
        ("2030-01-31T08:00:00", datetime(2030, 1, 31, 8, tzinfo=UTC)),
        ("2030-01-31T08:00:00+02:00", datetime(2030, 1, 31, 6, tzinfo=UTC)),
        ("2030-01-31T08:00:00.5Z", datetime(2030, 1, 31, 8, 0, 0, 500_000, tzinfo=UTC)),
    ],
)
def test_the_oldest_date_is_meant_as_it_is_written(value, meant):
    assert dates.at(dates.oldest(value), NOW) == meant


@pytest.mark.parametrize("value", [date(2030, 1, 31), "2030-01-31"])
def test_a_latest_date_without_a_time_is_its_last_millisecond(value):
    assert dates.latest(value) == datetime(2030, 1, 31, 23, 59, 59, 999_000, tzinfo=UTC)


@pytest.mark.parametrize("value", [7, timedelta(days=7), "2030-01-31T08:00:00Z"])
def test_a_latest_date_with_a_time_is_that_time(value):
    assert dates.latest(value) == dates.oldest(value)


@pytest.mark.parametrize("value", ["yesterday", "2030-13-01", "", True, None, [], float("nan"), {}])
def test_what_is_no_date_is_refused(value):
    with pytest.raises(ValidationError):
        dates.oldest(value)


@pytest.mark.parametrize("value", [-1, -0.5, timedelta(days=-1), float("-inf")])
def test_days_back_are_not_negative(value):
    with pytest.raises(ValidationError, match="lies in the future"):
        dates.oldest(value)


@given(st.datetimes(timezones=st.just(UTC), min_value=datetime(1971, 1, 1), max_value=datetime(2999, 1, 1)))
def test_whole_seconds_enclose_the_time(value):
    before, after = dates.whole_second_before(value), dates.whole_second_after(value)

    assert before <= value <= after
    assert before.microsecond == after.microsecond == 0
    assert after - before == (timedelta(seconds=1) if value.microsecond else timedelta())
