"""The JSON Schema that is printed agrees with what is read."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from swf.exceptions import ManifestError
from swf.models import ActivityType, Domain, WorkflowType
from swf.shapes import Flag
from swf.sync import Manifest, json_schema
from swf.sync.json_shapes import value_schema

SCHEMA = Draft202012Validator(json_schema())

ATTRIBUTES = {
    Domain: ["description", "retention_period", "name"],
    WorkflowType: [
        "name",
        "version",
        "description",
        "task_list",
        "child_policy",
        "execution_timeout",
        "decision_tasks_timeout",
        "task_priority",
        "lambda_role",
    ],
    ActivityType: [
        "name",
        "version",
        "description",
        "task_list",
        "task_heartbeat_timeout",
        "task_schedule_to_close_timeout",
        "task_schedule_to_start_timeout",
        "task_start_to_close_timeout",
        "task_priority",
    ],
}
EACH = [(cls, name) for cls, names in ATTRIBUTES.items() for name in names]

NUMBERS = st.integers() | st.sampled_from([-1, 0, 90, 91, 31_536_000, 31_536_001, 99_999_999, 2**31, -(2**31)])
LETTERS = st.characters(exclude_categories=("Cs",))
TEXTS = (
    st.text(LETTERS, max_size=5)
    | st.sampled_from(["NONE", "arn", "ABANDON", " a", "a\n", "a\x85", "a/b"])
    | st.builds(lambda count: "x" * count, st.sampled_from([1, 64, 65, 256, 257, 1024, 1025, 1600, 1601]))
)
# A number as text is the one point in which the schema is stricter.
VALUES = NUMBERS | TEXTS.filter(lambda text: not text.lstrip("-").isdecimal()) | st.sampled_from([True, [], {}, 1.5])


def document(cls, **attributes):
    if cls is Domain:
        return {"domains": [{"name": "shop", **attributes}]}
    row = {"name": "A", "version": "1", **attributes}
    return {"domains": [{"name": "shop", "workflows" if cls is WorkflowType else "activities": [row]}]}


def is_read(data):
    try:
        Manifest.loads(json.dumps(data), "json")
    except ManifestError:
        return False
    return True


def test_the_schema_is_one():
    Draft202012Validator.check_schema(json_schema())


@given(each=st.sampled_from(EACH), value=VALUES)
def test_a_value_is_good_for_the_schema_when_it_is_read(each, value):
    cls, name = each
    data = document(cls, **{name: value})

    assert SCHEMA.is_valid(data) is is_read(data)


@given(st.dictionaries(TEXTS | st.sampled_from(["aws:x", "AWS:y", "k" * 128, "k" * 129]), TEXTS, max_size=3))
def test_tags_are_good_for_the_schema_when_they_are_read(tags):
    data = document(Domain, tags=tags)

    assert SCHEMA.is_valid(data) is is_read(data)


@pytest.mark.parametrize(
    ("data", "is_good"),
    [
        (document(Domain), True),
        (document(Domain, tags={f"k{number}": "" for number in range(50)}), True),
        (document(Domain, tags={f"k{number}": "" for number in range(51)}), False),
        (document(Domain, tags=["team"]), False),
        (document(Domain, retention=7), False),
        (document(Domain, status="REGISTERED"), False),
        (document(ActivityType, defaultTaskList="x"), False),
        ({"domains": [{"name": "shop", "activities": [{"name": "A"}]}]}, False),
        ({"domains": [{"name": "shop", "workflows": {}}]}, False),
        ({"domains": []}, False),
        ({"domains": [], "more": 1}, False),
        ([], False),
    ],
)
def test_a_document_is_good_for_the_schema_when_it_is_read(data, is_good):
    assert SCHEMA.is_valid(data) is is_read(data) is is_good


def test_a_shape_that_no_manifest_has_is_refused():
    with pytest.raises(TypeError, match=r"A Flag \(CancelRequested\) has no JSON Schema here"):
        value_schema(Flag("CancelRequested"))


def test_all_attributes_are_in_the_schema():
    definitions = json_schema()["$defs"]

    named = {kind: list(definitions[kind]["properties"]) for kind in definitions}

    assert set(named["domain"]) == {*ATTRIBUTES[Domain], "tags", "workflows", "activities"}
    assert set(named["workflow"]) == set(ATTRIBUTES[WorkflowType])
    assert set(named["activity"]) == set(ATTRIBUTES[ActivityType])
