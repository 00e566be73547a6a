import datetime
import json
import pickle
from typing import Annotated

import attrs
import botocore.loaders
import pytest
from botocore.model import ServiceModel
from botocore.validate import ParamValidator
from hypothesis import given, settings
from hypothesis import strategies as st

from swf import shapes, wire
from swf.exceptions import ValidationError
from swf.models.decision import DECISIONS, from_raw
from swf.models.event import EVENTS, EventFactory, UnknownEvent
from swf.shapes import (
    Description,
    DomainName,
    DurationInDays,
    DurationInSeconds,
    RegistrationStatus,
    TagList,
    TaskList,
    TimerId,
)
from swf.wire import At

MODEL = ServiceModel(botocore.loaders.Loader().load_service_model("swf", "service-2"), "swf")


@attrs.frozen
class Shop:
    name: Annotated[DomainName, At("domainInfo.name")]
    status: Annotated[RegistrationStatus, At("domainInfo.status", read_only=True)] = "REGISTERED"
    description: Annotated[Description | None, At("domainInfo.description")] = None
    retention_period: Annotated[DurationInDays, At("configuration.workflowExecutionRetentionPeriodInDays")] = 30
    notes: list[str] = attrs.field(factory=list)


@attrs.frozen
class Alarm:
    timer_id: TimerId
    seconds: Annotated[DurationInSeconds, At("startToFireTimeout")]
    task_list: TaskList | None = None
    tag_list: TagList | None = None
    owner: str = "nobody"


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("name", "name"),
        ("task_list", "taskList"),
        ("start_to_fire_timeout", "startToFireTimeout"),
        ("decision_task_completed_event_id", "decisionTaskCompletedEventId"),
        ("workflow_execution_retention_period_in_days", "workflowExecutionRetentionPeriodInDays"),
    ],
)
def test_names_convert_between_swf_and_us(ours, theirs):
    assert wire.camel(ours) == theirs
    assert wire.snake(theirs) == ours


def test_the_name_of_a_decision_converts_to_snake_case():
    assert wire.snake("ContinueAsNewWorkflowExecution") == "continue_as_new_workflow_execution"


def test_members_are_the_attributes_with_a_shape_in_the_order_they_are_declared():
    told = [(member.name, member.path, member.required, member.read_only) for member in wire.members(Shop)]

    assert told == [
        ("name", ("domainInfo", "name"), True, False),
        ("status", ("domainInfo", "status"), False, True),
        ("description", ("domainInfo", "description"), False, False),
        ("retention_period", ("configuration", "workflowExecutionRetentionPeriodInDays"), False, False),
    ]


def test_an_attribute_is_read_from_its_place_in_the_answer():
    answer = {
        "domainInfo": {"name": "shop", "status": "DEPRECATED", "arn": "arn:aws:swf:us-east-1:1:/domain/shop"},
        "configuration": {"workflowExecutionRetentionPeriodInDays": "7"},
    }

    shop = wire.reader(Shop)(answer, {})

    assert shop == Shop("shop", "DEPRECATED", None, 7)


def test_what_swf_leaves_out_is_none_and_not_the_default():
    shop = wire.reader(Shop)({"domainInfo": {"name": "shop"}}, {})

    assert (shop.status, shop.description, shop.retention_period) == (None, None, None)


def test_a_value_given_beside_the_answer_is_taken_only_where_swf_says_nothing():
    answer = {"domainInfo": {"name": "shop", "status": None}}

    shop = wire.reader(Shop)(answer, {"name": "other", "status": "REGISTERED", "notes": ["mine"]})

    assert (shop.name, shop.status, shop.notes) == ("shop", "REGISTERED", ["mine"])


def test_an_attribute_that_is_not_swfs_has_its_default_when_it_is_not_given():
    read = wire.reader(Shop)
    first, second = (read({"domainInfo": {"name": "shop"}}, {}) for _ in range(2))

    first.notes.append("mine")

    assert second.notes == []
    assert wire.reader(Alarm)({"timerId": "lunch", "startToFireTimeout": "60"}, {}).owner == "nobody"


@pytest.mark.parametrize(
    ("answer", "missing"),
    [
        ({}, "domainInfo.name"),
        ({"domainInfo": None}, "domainInfo.name"),
        ({"domainInfo": {"name": None}}, "domainInfo.name"),
    ],
)
def test_an_answer_without_what_the_class_demands_is_an_error_that_names_the_member(answer, missing):
    with pytest.raises(ValidationError, match=f"SWF's answer for Shop lacks its member {missing}"):
        wire.reader(Shop)(answer, {})


def test_members_that_are_not_known_here_are_passed_over():
    alarm = wire.reader(Alarm)({"timerId": "lunch", "startToFireTimeout": "60", "startedOnMonday": True}, {})

    assert alarm == Alarm("lunch", 60)


def test_nothing_is_checked_when_swf_answers():
    alarm = wire.reader(Alarm)({"timerId": "a" * 300, "startToFireTimeout": "60"}, {})

    assert len(alarm.timer_id) == 300


def test_a_class_that_keeps_its_attributes_in_a_dict_is_read_too():
    @attrs.frozen(slots=False)
    class Roomy(Alarm):
        note: Description | None = None

    alarm = wire.reader(Roomy)({"timerId": "lunch", "startToFireTimeout": "60", "note": "ring"}, {})

    assert alarm == Roomy("lunch", 60, note="ring")


def test_what_is_set_is_written_by_swfs_names():
    written = wire.write(Alarm("lunch", 60, task_list="bells", tag_list=("loud",)))

    assert written == {
        "timerId": "lunch",
        "startToFireTimeout": "60",
        "taskList": {"name": "bells"},
        "tagList": ["loud"],
    }


def test_what_is_none_is_not_written_and_what_is_empty_or_zero_is():
    assert wire.write(Alarm("lunch", 0, tag_list=())) == {"timerId": "lunch", "startToFireTimeout": "0", "tagList": []}


def test_a_check_names_every_attribute_that_swf_would_refuse():
    with pytest.raises(ValidationError) as caught:
        wire.check(Alarm("", -1, owner="anybody"))

    assert str(caught.value) == (
        "Alarm: timer_id '' has 0 characters, and must have at least 1; seconds -1 must be at least 0."
    )


def test_a_required_attribute_that_is_none_is_refused():
    with pytest.raises(ValidationError, match="timer_id must be given"):
        wire.check(Alarm(None, 60))


def test_what_swf_accepts_passes():
    wire.check(Alarm("lunch", 60))

    assert list(wire.problems(Alarm("lunch", 60))) == []


@pytest.mark.parametrize(
    ("value", "text"),
    [(7, "7"), ("x" * 58, "'" + "x" * 58 + "'"), ("x" * 59, "'" + "x" * 55 + "...'"), (list(range(99)), None)],
)
def test_a_long_value_is_cut_in_a_message(value, text):
    shown = wire.shown(value)

    assert len(shown) <= 60
    assert text is None or shown == text


# What every event and decision keeps when it goes to SWF's JSON and back

NAMES = st.text(
    st.characters(exclude_categories=["Cc", "Cs"], exclude_characters=":/|"), min_size=1, max_size=64
).filter(lambda name: name != "arn" and name == name.strip())
TIMES = st.integers(0, 4_102_444_800_000).map(
    lambda milliseconds: (
        datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC) + datetime.timedelta(milliseconds=milliseconds)
    )
)


def values(shape):
    match shape:
        case shapes.Choice():
            return st.sampled_from(shape.values)
        case shapes.TypeName():
            return NAMES
        case shapes.Text():
            return st.text(min_size=shape.min, max_size=64)
        case shapes.Duration():
            numbers = st.integers(shape.min, shape.max)
            return numbers | st.just("NONE") if shape.has_none else numbers
        case shapes.Number():
            return st.integers(
                -(2**31) if shape.min is None else shape.min, 2**31 - 1 if shape.max is None else shape.max
            )
        case shapes.TypeReference():
            return st.builds(shapes.TypeId, NAMES, NAMES)
        case shapes.ExecutionReference():
            return st.builds(shapes.ExecutionId, NAMES, NAMES)
        case shapes.TagTexts():
            return st.lists(st.text(max_size=64), max_size=5).map(tuple)
    raise AssertionError(shape)


def attributes(kind):
    told = wire.members(kind)
    return st.fixed_dictionaries(
        {member.name: values(member.shape) for member in told if member.required},
        optional={member.name: values(member.shape) for member in told if not member.required},
    )


def events(kind):
    placed = st.tuples(st.integers(1, 25_000), TIMES, attributes(kind))
    return placed.map(lambda drawn: kind(id=drawn[0], timestamp=drawn[1], **drawn[2]))


EVENTS_OF_ALL_KINDS = st.sampled_from(list(EVENTS.values())).flatmap(events)
DECISIONS_OF_ALL_KINDS = st.sampled_from(list(DECISIONS.values())).flatmap(
    lambda kind: attributes(kind).map(lambda told: kind(**told))
)


@given(event=EVENTS_OF_ALL_KINDS)
def test_an_event_comes_back_from_swfs_json_as_it_was(event):
    assert EventFactory(event.raw) == event


@given(event=EVENTS_OF_ALL_KINDS)
def test_swfs_json_comes_back_from_an_event_as_it_was(event):
    raw = event.raw

    assert EventFactory(raw).raw == raw


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda held: st.lists(held, max_size=3) | st.dictionaries(st.text(max_size=8), held, max_size=3),
    max_leaves=6,
)
# No member that is known begins with an x.
NEWER_MEMBERS = st.dictionaries(st.text(max_size=8).map("x{}".format), JSON, max_size=3)

ENTRIES_OF_NEWER_KINDS = st.tuples(st.integers(1, 25_000), st.text(min_size=1, max_size=8), NEWER_MEMBERS).map(
    lambda drawn: {"eventId": drawn[0], "eventType": f"X{drawn[1]}", f"x{drawn[1]}EventAttributes": drawn[2]}
)


def in_seconds(milliseconds, offset):
    return milliseconds / 1000


def with_milliseconds(milliseconds, offset):
    return at(milliseconds, offset).isoformat(timespec="milliseconds")


def with_microseconds(milliseconds, offset):
    return at(milliseconds, offset).isoformat(sep=" ", timespec="microseconds")


def with_ten_decimals(milliseconds, offset):
    return f"{at(milliseconds, 0):%Y-%m-%dT%H:%M:%S}.{milliseconds % 1000:03}0000000Z"


def at(milliseconds, offset):
    zone = datetime.timezone(datetime.timedelta(minutes=offset))
    return datetime.datetime.fromtimestamp(milliseconds // 1000, zone) + datetime.timedelta(
        milliseconds=milliseconds % 1000
    )


@st.composite
def entries_with_newer_members(draw, kind):
    """An entry of a history, with members that are not known at every place where one may come to stand."""
    entry = draw(ENTRIES_OF_NEWER_KINDS if kind is UnknownEvent else events(kind).map(lambda event: event.raw))
    (key,) = (name for name in entry if name.endswith("EventAttributes"))
    for inside in entry[key].values():
        if isinstance(inside, dict):
            inside.update(draw(NEWER_MEMBERS))
    entry[key].update(draw(NEWER_MEMBERS))
    entry.update({name: held for name, held in draw(NEWER_MEMBERS).items() if name not in entry})
    return entry


@pytest.mark.parametrize("kind", [*EVENTS.values(), UnknownEvent])
@settings(max_examples=10)
@given(
    data=st.data(),
    milliseconds=st.integers(0, 4_102_444_800_000),
    form=st.sampled_from([in_seconds, with_milliseconds, with_microseconds, with_ten_decimals]),
    offset=st.integers(-14 * 60, 14 * 60),
)
def test_an_event_is_written_as_it_was_read_with_what_is_not_known_and_whoever_wrote_its_time(
    kind, data, milliseconds, form, offset
):
    entry = data.draw(entries_with_newer_members(kind))
    by_swf = {**entry, "eventTimestamp": milliseconds / 1000}

    event = EventFactory({**entry, "eventTimestamp": form(milliseconds, offset)})

    assert event.raw == by_swf
    assert json.loads(json.dumps(event.raw)) == by_swf
    assert EventFactory(by_swf) == event
    assert pickle.loads(pickle.dumps(event)).raw == by_swf
    assert event.numbered(7, event.timestamp).raw == {**by_swf, "eventId": 7}


@given(event=EVENTS_OF_ALL_KINDS)
def test_aws_description_accepts_every_event(event):
    report = ParamValidator().validate(event.raw, MODEL.shape_for("HistoryEvent"))

    assert report.generate_report() == ""


@given(decision=DECISIONS_OF_ALL_KINDS)
def test_aws_description_accepts_every_decision(decision):
    report = ParamValidator().validate(decision.raw, MODEL.shape_for("Decision"))

    assert report.generate_report() == ""


@given(decision=DECISIONS_OF_ALL_KINDS)
def test_a_decision_comes_back_from_swfs_json_as_it_was(decision):
    assert from_raw(type(decision), decision.raw) == decision


@pytest.mark.parametrize("kind", [*EVENTS.values(), *DECISIONS.values()])
@settings(max_examples=10)
@given(data=st.data())
def test_what_is_written_is_read_back(kind, data):
    value = kind(**data.draw(attributes(kind)))

    read = wire.reader(kind)(wire.write(value), {})

    assert read == value
