"""Failures as one program tells them to another."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from swf.exceptions import SWFError
from swf.failure import Failure, TaskFailed

LONGEST_REASON = 256
LONGEST_DETAILS = 32_768


def raised(error):
    """Give an error as it is where it is caught: with a traceback."""
    try:
        raise error
    except BaseException as caught:
        return caught


def test_an_error_is_told_by_its_type_its_words_and_where_it_happened():
    failure = Failure.of(raised(LookupError("no boxes")))

    assert (failure.type, failure.message) == ("LookupError", "no boxes")
    assert failure.traceback.startswith("Traceback (most recent call last):")
    assert "in raised" in failure.traceback
    assert (failure.retry, failure.retry_after, failure.cause) == (True, None, None)


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (LookupError("no boxes"), "LookupError: no boxes"),
        (LookupError(), "LookupError"),
        (KeyError("purse"), "KeyError: 'purse'"),
        (LookupError("x" * 300), "LookupError: " + "x" * 243),
        (TaskFailed("too much", type="BadOrder"), "BadOrder: too much"),
        (TaskFailed("too much"), "TaskFailed: too much"),
        (LookupError("no file \udcff"), "LookupError: no file \\udcff"),
    ],
)
def test_the_reason_is_the_type_and_the_message(error, reason):
    assert Failure.of(error).reason == reason


def test_details_are_json_without_what_says_nothing():
    failure = Failure(type="BadOrder", message="too much", retry=False, retry_after=2.5, cause=Failure(type="OSError"))

    assert json.loads(failure.details) == {
        "type": "BadOrder",
        "message": "too much",
        "retry": False,
        "retry_after": 2.5,
        "cause": {"type": "OSError"},
    }


def test_what_a_handler_says_of_its_failure_is_told():
    failure = Failure.of(TaskFailed("the bank is closed", retry_after=3600, type="Closed"))

    assert (failure.type, failure.message) == ("Closed", "the bank is closed")
    assert (failure.retry, failure.retry_after) == (True, 3600)


class Final(Exception):
    """An error of somebody who knows nothing of swf, and says that trying again is in vain."""

    retry = False


def test_any_error_may_say_that_trying_again_is_in_vain():
    assert Failure.of(Final("no")).retry is False


def test_a_failure_raised_on_purpose_is_an_error_of_swf():
    assert issubclass(TaskFailed, SWFError)


def chained(how):
    """Give an error with another one before it."""
    try:
        try:
            raise OSError("disk full")
        except OSError as cause:
            if how == "from":
                raise LookupError("no boxes") from cause
            if how == "from None":
                raise LookupError("no boxes") from None
            raise LookupError("no boxes")  # noqa: B904
    except LookupError as error:
        return error


@pytest.mark.parametrize(("how", "cause"), [("from", "OSError"), ("while handling", "OSError"), ("from None", None)])
def test_the_cause_is_what_the_traceback_would_show(how, cause):
    told = Failure.of(chained(how)).cause

    assert (told and told.type) == cause


def test_of_a_long_chain_of_causes_the_last_ten_are_told():
    error = None
    for number in range(50):
        try:
            raise ValueError(number) from error
        except ValueError as raised:
            error = raised

    failure = Failure.of(error)

    messages = [failure.message]
    while (failure := failure.cause) is not None:
        messages.append(failure.message)
    assert messages == ["49", "48", "47", "46", "45", "44", "43", "42", "41", "40", "39"]


def test_causes_that_go_round_in_circles_come_to_an_end():
    one, other = ValueError("one"), ValueError("other")
    one.__cause__, other.__cause__ = other, one

    assert Failure.of(one).cause.cause.message == "one"


class Unreadable(Exception):
    def __str__(self):
        raise RuntimeError("no words")


def test_an_error_that_cannot_say_what_it_is_is_told_all_the_same():
    failure = Failure.of(raised(Unreadable()))

    assert failure.reason == "Unreadable: (its message cannot be read)"


@pytest.mark.parametrize("after", [float("nan"), float("inf"), -1, True, "soon", 10**400])
def test_a_time_that_nobody_can_wait_is_not_told(after):
    assert Failure.of(TaskFailed("later", retry_after=after)).retry_after is None


def test_causes_give_way_before_the_traceback_does():
    cause = Failure(type="OSError", message="x" * LONGEST_DETAILS)
    failure = Failure(type="LookupError", message="no boxes", traceback="here", cause=cause)

    assert json.loads(failure.details) == {"type": "LookupError", "message": "no boxes", "traceback": "here"}


def test_of_a_long_traceback_the_end_is_kept():
    failure = Failure(type="LookupError", message="no boxes", traceback="outer " * 10_000 + "innermost")

    told = json.loads(failure.details)

    assert (told["type"], told["message"]) == ("LookupError", "no boxes")
    assert told["traceback"].endswith("outer innermost")
    assert len(told["traceback"]) == 16_384


def test_a_long_message_leaves_room_for_where_it_happened():
    failure = Failure(type="LookupError", message="x" * 40_000, traceback="y" * 40_000)

    told = json.loads(failure.details)

    assert (len(told["message"]), len(told["traceback"])) == (8_192, 16_384)


# What other workers write


@pytest.mark.parametrize(
    ("reason", "details", "type", "message"),
    [
        ("no purse", None, "no purse", ""),
        ("no purse", "left at home", "no purse", "left at home"),
        (None, None, "Failure", ""),
        ("tape", '"a text"', "tape", '"a text"'),
        ("tape", "{}", "tape", "{}"),
        ("tape", '{"type":5}', "tape", '{"type":5}'),
        ("tape", "[" * 20_000, "tape", "[" * 20_000),
        ("tape", "9" * 5_000, "tape", "9" * 5_000),
        ("tape", '{"type":"E","message":null}', "E", ""),
        ("tape", '{"type":"E","message":{"a":1}}', "E", "{'a': 1}"),
        ("tape", '{"type":"E","message":"m","code":7}', "E", "m"),
    ],
)
def test_the_failures_of_other_workers_are_read_too(reason, details, type, message):
    failure = Failure.read(reason, details)

    assert (failure.type, failure.message) == (type, message)


@pytest.mark.parametrize(
    ("details", "failure"),
    [
        ('{"type":"E","retry":null,"retry_after":"soon"}', Failure(type="E")),
        ('{"type":"E","retry":false,"retry_after":1e999}', Failure(type="E", retry=False)),
        ('{"type":"E","traceback":["a","b"]}', Failure(type="E", traceback="['a', 'b']")),
        ('{"type":"E","cause":"F"}', Failure(type="E")),
        ('{"type":"E","cause":{"message":"m"}}', Failure(type="E")),
        ('{"type":"E","cause":{"type":"F"}}', Failure(type="E", cause=Failure(type="F"))),
    ],
)
def test_members_that_are_not_what_they_should_be_are_passed_over_or_read_as_text(details, failure):
    assert Failure.read(None, details) == failure


def test_causes_nested_without_end_are_read_no_deeper_than_they_are_written():
    details = '{"type":"E","cause":' * 400 + "null" + "}" * 400

    failure = Failure.read(None, details)

    depth = 0
    while (failure := failure.cause) is not None:
        depth += 1
    assert depth == 10


# The limits, whatever happens

# Half of a surrogate pair, quotes and control characters take more room in JSON than they seem to.
AWKWARD = '\udcff\x00\x7f\n"\\é😀'
CHARACTERS = st.sampled_from(AWKWARD) | st.characters()


@st.composite
def texts(draw, characters=CHARACTERS):
    """Give texts of all lengths: those over a limit are repetitions, so that they are made quickly."""
    piece = draw(st.text(characters, max_size=50))
    return piece * draw(st.sampled_from([1, 7, 700, 40_000 // (len(piece) or 1)]))


def failures(text):
    times = st.none() | st.integers(min_value=0, max_value=10**9) | st.floats(min_value=0, max_value=1e9)

    def of(cause):
        return st.builds(
            Failure,
            type=text,
            message=text,
            traceback=st.none() | text,
            retry=st.booleans(),
            retry_after=times,
            cause=cause,
        )

    return st.recursive(of(st.none()), of, max_leaves=3)


@pytest.mark.parametrize("character", AWKWARD)
@pytest.mark.parametrize("length", [200, 3_000, 40_000])
def test_the_limits_hold_for_characters_that_take_more_room_in_json(character, length):
    text = character * length
    failure = Failure(type=text, message=text, traceback=text)

    assert len(failure.reason) <= LONGEST_REASON
    assert len(failure.details) <= LONGEST_DETAILS
    assert json.loads(failure.details.encode())["traceback"]


@settings(deadline=None)
@given(failures(texts()))
def test_reason_and_details_never_pass_the_limits_and_can_be_sent(failure):
    assert len(failure.reason) <= LONGEST_REASON
    assert len(failure.details) <= LONGEST_DETAILS
    failure.reason.encode()
    failure.details.encode()


@settings(deadline=None)
@given(failures(texts()))
def test_details_are_always_json_and_tell_whether_to_try_again(failure):
    told = json.loads(failure.details)

    assert set(told) <= {"type", "message", "retry", "retry_after", "traceback", "cause"}
    assert told.get("retry", True) is failure.retry


# As text that is good UTF-8, and short enough to be told as it is.
@settings(deadline=None)
@given(failures(st.text(max_size=60)))
def test_what_is_written_is_read_again(failure):
    assert Failure.read(failure.reason, failure.details) == failure


@settings(deadline=None)
@given(
    st.none() | texts(),
    st.none()
    | texts()
    | st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(max_size=20),
        lambda value: (
            st.lists(value, max_size=3)
            | st.dictionaries(
                st.sampled_from(["type", "message", "retry", "retry_after", "traceback", "cause"]), value, max_size=6
            )
        ),
        max_leaves=20,
    ).map(json.dumps),
)
def test_whatever_somebody_else_wrote_is_a_failure_that_can_be_told_again(reason, details):
    failure = Failure.read(reason, details)

    assert Failure.read(failure.reason, failure.details).retry is failure.retry
    assert len(failure.details) <= LONGEST_DETAILS


@settings(deadline=None)
@given(texts(), texts())
def test_any_error_can_be_told(message, type):
    failure = Failure.of(raised(TaskFailed(message, type=type)))

    assert failure.type == (type or "TaskFailed")
    assert len(failure.details) <= LONGEST_DETAILS
