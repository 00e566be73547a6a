import typing
from datetime import UTC, datetime, timedelta, timezone

import attrs
import pytest

from swf import shapes
from swf.exceptions import ValidationError
from swf.shapes import ExecutionId, TypeId, execution_id, tags, type_id


def shape(alias):
    return next(extra for extra in typing.get_args(alias)[1:] if isinstance(extra, shapes.Shape))


def test_a_type_id_reads_as_its_name_and_its_version():
    order = TypeId("Order", "1.0")

    assert (str(order), f"{order}", repr(order)) == ("Order 1.0", "Order 1.0", "TypeId(name='Order', version='1.0')")


NAMED = [
    shapes.DomainName,
    shapes.Name,
    shapes.Version,
    shapes.WorkflowId,
    shapes.ActivityId,
    shapes.TimerId,
    shapes.TaskList,
]


@pytest.mark.parametrize("alias", NAMED)
@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ("lunch", None),
        ("Mittagessen um zwölf, 🍲 & so weiter", None),
        ("arnold", None),
        # The service takes a colon in task lists and workflow ids. What it does with the rest is for it to say.
        ("host:17:uuid", None),
        ("a/b", None),
        ("a|b", None),
        ("a\nb", None),
        ("arn", None),
        (" lunch ", None),
        ("", "has 0 characters, and must have at least 1"),
        (7, "must be text, not int"),
        (None, "must be text, not NoneType"),
    ],
)
def test_of_a_name_only_what_swf_is_known_to_refuse_is_refused(alias, value, problem):
    assert shape(alias).problem(value) == problem


@pytest.mark.parametrize(
    ("alias", "longest"),
    [
        (shapes.DomainName, 256),
        (shapes.Version, 64),
        (shapes.SignalName, 256),
        (shapes.WorkflowRunId, 64),
        (shapes.FailureReason, 256),
        (shapes.LimitedData, 2048),
        (shapes.Data, 32768),
        (shapes.Description, 1024),
    ],
)
def test_a_text_may_be_as_long_as_swf_says(alias, longest):
    assert shape(alias).problem("x" * longest) is None
    assert (
        shape(alias).problem("x" * (longest + 1)) == f"has {longest + 1:,} characters, and may have {longest:,} at most"
    )


@pytest.mark.parametrize(
    ("alias", "problem"),
    [
        (shapes.Name, "contains ':', which SWF refuses where a type is registered (Invalid name: My::Order)"),
        (shapes.Version, None),
        (shapes.DomainName, None),
        (shapes.TaskList, None),
    ],
)
def test_a_type_cannot_be_registered_under_a_name_with_a_colon(alias, problem):
    assert shape(alias).problem_when_registered("My::Order") == problem
    assert shape(alias).problem_when_registered("Order") is None
    assert shape(alias).problem_when_registered(7) == "must be text, not int"


@pytest.mark.parametrize("alias", [shapes.SignalName, shapes.MarkerName, shapes.FunctionId])
def test_names_of_signals_markers_and_functions_may_hold_anything(alias):
    assert shape(alias).problem("orders/paid: yes|no") is None


@pytest.mark.parametrize(
    ("alias", "value", "problem"),
    [
        (shapes.DurationInSeconds, 0, None),
        (shapes.DurationInSeconds, 99_999_999, None),
        (shapes.DurationInSeconds, "NONE", None),
        (shapes.DurationInSeconds, 100_000_000, "must be at most 99999999"),
        (shapes.DurationInSeconds, -1, "must be at least 0"),
        (shapes.DurationInSeconds, "60", "must be a whole number, not str"),
        (shapes.DurationInSeconds, 1.5, "must be a whole number, not float"),
        (shapes.DurationInSeconds, True, "must be a whole number, not bool"),
        (shapes.DurationInDays, 90, None),
        (shapes.DurationInDays, 91, "must be at most 90"),
        (shapes.TaskPriority, -2_147_483_648, None),
        (shapes.TaskPriority, 2_147_483_648, "must be at most 2147483647"),
        (shapes.TaskPriority, "NONE", "must be a whole number, not str"),
        (shapes.PageSize, 1001, "must be at most 1000"),
        (shapes.Canceled, True, None),
        (shapes.Canceled, 1, "must be True or False, not int"),
        (shapes.Timestamp, datetime(2020, 1, 1, tzinfo=UTC), None),
        (shapes.Timestamp, datetime(2020, 1, 1), "must say its time zone, for instance datetime.now(UTC)"),
        (shapes.Timestamp, 1500000000, "must be a datetime, not int"),
        (shapes.TagList, (), None),
        (shapes.TagList, ("a", "b", "c", "d", "e"), None),
        (shapes.TagList, ("a", "b", "c", "d", "e", "f"), "has 6 tags, and may have 5 at most"),
        (shapes.TagList, "abc", "must be a list of texts, not str"),
        (shapes.TagList, (7,), "has the tag '7', which must be text, not int"),
        (
            shapes.TagList,
            ("x" * 257,),
            f"has the tag '{'x' * 40}', which has 257 characters, and may have 256 at most",
        ),
        (shapes.WorkflowType, TypeId("Order", "1"), None),
        (shapes.WorkflowType, TypeId("My::Order", "1"), None),
        (
            shapes.WorkflowType,
            TypeId("x" * 257, "1"),
            "has a name that has 257 characters, and may have 256 at most",
        ),
        (shapes.WorkflowType, TypeId("Order", ""), "has a version that has 0 characters, and must have at least 1"),
        (shapes.WorkflowType, "Order", "has a name that must be text, not NoneType"),
        (shapes.WorkflowExecution, ExecutionId("order-7", "run"), None),
        (shapes.WorkflowExecution, "order-7", "must be an ExecutionId, not str"),
    ],
)
def test_a_shape_tells_what_swf_would_refuse(alias, value, problem):
    assert shape(alias).problem(value) == problem


def test_a_word_is_one_of_those_listed():
    choice = shapes.Choice("ChildPolicy", ("TERMINATE", "ABANDON"))

    assert choice.problem("ABANDON") is None
    assert choice.problem("abandon") == "must be one of TERMINATE, ABANDON"


@pytest.mark.parametrize(
    ("alias", "raw", "value"),
    [
        (shapes.DurationInSeconds, "60", 60),
        (shapes.DurationInSeconds, "0", 0),
        (shapes.DurationInSeconds, "NONE", "NONE"),
        (shapes.TaskPriority, "-5", -5),
        (shapes.TaskList, {"name": "bells"}, "bells"),
        (shapes.WorkflowType, {"name": "Order", "version": "1"}, ("Order", "1")),
        (shapes.ActivityType, {"name": "Charge", "version": "2"}, ("Charge", "2")),
        (shapes.WorkflowExecution, {"workflowId": "order-7", "runId": "run"}, ("order-7", "run")),
        (shapes.TagList, ["a", "b"], ("a", "b")),
        (shapes.Timestamp, 1500000000.25, datetime(2017, 7, 14, 2, 40, 0, 250_000, UTC)),
        (shapes.Data, "as it stands", "as it stands"),
        (shapes.EventId, 7, 7),
    ],
)
def test_a_value_is_read_from_swfs_json_and_written_back(alias, raw, value):
    assert shape(alias).read(raw) == value
    assert shape(alias).write(shape(alias).read(raw)) == raw


@pytest.mark.parametrize("alias", [shapes.DurationInSecondsOptional, shapes.TaskPriority])
def test_an_empty_text_for_a_number_is_no_number(alias):
    assert shape(alias).read("") is None


def test_a_tag_that_is_null_is_no_tag():
    assert shape(shapes.TagList).read([None, "a"]) == ("a",)


def test_a_time_that_is_parsed_already_becomes_utc():
    berlin = timezone(timedelta(hours=2))

    read = shape(shapes.Timestamp).read(datetime(2017, 7, 14, 4, 40, tzinfo=berlin))

    assert read == datetime(2017, 7, 14, 2, 40, tzinfo=UTC)
    assert read.tzinfo is UTC


@pytest.mark.parametrize("seconds", [1504871454.307, 1689946797.593, 1505476691.1, 0.001, 4102444799.999])
def test_a_time_keeps_its_milliseconds(seconds):
    time = shape(shapes.Timestamp)

    assert time.write(time.read(seconds)) == seconds


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        # The SDK for JavaScript, AWS CLI 2, and AWS CLI 1 with cli_timestamp_format = iso8601.
        ("2015-07-18T18:56:17.048Z", 1437245777.048),
        ("2015-07-18T18:56:17.048000+00:00", 1437245777.048),
        ("2015-07-18T20:56:17.048000+02:00", 1437245777.048),
        ("2015-07-18T13:26:17.048000-05:30", 1437245777.048),
        ("2015-07-18T18:56:17+00:00", 1437245777.0),
        ("2015-07-18T18:56:17Z", 1437245777.0),
        ("2015-07-18T18:56:17.5Z", 1437245777.5),
        ("2015-07-18T18:56:17.0480000000Z", 1437245777.048),
        # What Python makes of the datetimes of boto3.
        ("2015-07-18 18:56:17.048000+00:00", 1437245777.048),
        # Before and after the hours at which clocks are changed in zones that do so.
        ("2015-10-25T02:30:00+02:00", 1445733000.0),
        ("2015-10-25T02:30:00+01:00", 1445736600.0),
        # Java's notation of numbers, and none.
        (1.437245777048e9, 1437245777.048),
        (1437245777, 1437245777.0),
    ],
)
def test_a_time_is_read_as_every_client_of_swf_writes_it_and_written_as_swf_does(written, seconds):
    time = shape(shapes.Timestamp)

    assert time.write(time.read(written)) == seconds
    assert time.read(written).tzinfo is UTC


@pytest.mark.parametrize(
    "written",
    [
        # Which hour that is, nobody can tell.
        "2015-07-18T18:56:17.048",
        "2015-07-18",
        datetime(2015, 7, 18, 18, 56, 17),
        # No client of SWF writes these.
        "1437245777.048",
        "yesterday",
        "",
        1e300,
        float("nan"),
        "0001-01-01T00:00:00+14:00",
        ["2015-07-18T18:56:17Z"],
        None,
    ],
)
def test_what_does_not_tell_an_instant_is_refused_with_what_would(written):
    with pytest.raises(
        ValidationError, match=r"is not a time of SWF\. Write seconds since 1970, .* with the time zone"
    ):
        shape(shapes.Timestamp).read(written)


@attrs.frozen
class Declared:
    name: str
    version: str


@pytest.mark.parametrize("value", [Declared("Order", "1"), TypeId("Order", "1"), ("Order", "1")])
def test_anything_with_a_name_and_a_version_names_a_type(value):
    assert type_id(value) == TypeId("Order", "1")


@pytest.mark.parametrize("value", ["Order", ("Order",), ("Order", "1", "2"), None, 7])
def test_what_does_not_name_a_type_is_refused(value):
    with pytest.raises(ValidationError, match="Give something with a name and a version, or the pair"):
        type_id(value)


@attrs.frozen
class Run:
    workflow_id: str
    run_id: str | None


@pytest.mark.parametrize("value", [Run("order-7", "run"), ExecutionId("order-7", "run"), ("order-7", "run")])
def test_anything_with_a_workflow_id_and_a_run_id_names_a_run(value):
    assert execution_id(value) == ExecutionId("order-7", "run")


@pytest.mark.parametrize("value", [Run("order-7", None), "order-7", ("order-7",), None])
def test_what_does_not_name_a_run_is_refused(value):
    with pytest.raises(ValidationError, match="Give one with its run id, or the pair"):
        execution_id(value)


@pytest.mark.parametrize(("value", "expected"), [(None, None), ([], ()), (["a", "b"], ("a", "b")), (("a",), ("a",))])
def test_tags_become_a_tuple(value, expected):
    assert tags(value) == expected


def test_a_lone_text_is_refused_as_a_list_of_tags():
    with pytest.raises(ValidationError, match=r"Write \['urgent'\]"):
        tags("urgent")


@pytest.mark.parametrize("value", [1437245777048000, 1437245777048000000, 1e30, float("nan"), -1e18])
def test_a_number_that_is_no_time_is_refused(value):
    with pytest.raises(ValidationError, match="is not a time of SWF"):
        shapes.TIME.read(value)
