"""Inputs, paths, conditions: what is read, and what is told when it is not there."""

import json

import pytest

from swf import payload
from swf.exceptions import SpecInputError
from swf.specs import conditions, inputs
from swf.specs.inputs import Sources
from swf.specs.paths import NOTHING, find
from tests.specs.writing import of_input, result_of

RESULTS = {"list": [1, 2], "text": "no JSON", "null": None}
SOURCES = Sources({"id": 7, "items": ["a", {"name": "b"}], "0a": 1}, lambda of: RESULTS.get(of, NOTHING), {"n": 3})


def value(data, sources=SOURCES):
    return inputs.value_of(inputs.read(data), sources)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({"type": "none"}, NOTHING),
        ({"type": "constant", "value": None}, None),
        (of_input("$.id"), 7),
        (of_input("$.items[0]"), "a"),
        (of_input("$.items[-1].name"), "b"),
        (of_input("$['items'][0]"), "a"),
        (of_input("$.0a"), 1),
        (of_input("$.gone", default=5), 5),
        (of_input("$.gone", default=None), None),
        (of_input("$.items[*]"), ["a", {"name": "b"}]),
        (of_input("$.gone[*]"), []),
        (result_of("list"), [1, 2]),
        (result_of("null"), None),
        (result_of("text"), "no JSON"),
        (result_of("text", "$.x", default=1), 1),
        (result_of("gone", default=0), 0),
        ({"type": "item", "path": "$.n"}, 3),
        ({"type": "object", "items": {"a": {"type": "none"}, "b": of_input("$.id")}}, {"b": 7}),
    ],
)
def test_an_input_has_the_value_that_its_path_finds(data, expected):
    assert value(data) == expected


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (of_input("$.gone"), r"reads \$\.gone of the execution's input, and finds nothing in \{'id': 7"),
        (result_of("gone"), r"reads \$ of the result of the task 'gone', and it has none"),
        (
            result_of("text", "$.x"),
            "the result of the task 'text', which is a text and no JSON, and finds nothing in 'no J",
        ),
        ({"type": "item", "path": "$.m"}, "of the item, and finds nothing"),
        ({"type": "object", "items": {"b": of_input("$.gone")}}, "reads"),
    ],
)
def test_a_path_that_finds_nothing_is_told(data, told):
    with pytest.raises(SpecInputError, match=told):
        value(data)


def test_an_execution_without_an_input_is_told():
    with pytest.raises(SpecInputError, match="the execution was started without one"):
        value(of_input(), Sources(NOTHING, RESULTS.get))


def test_a_path_is_not_looked_for_in_what_a_text_says():
    assert find("$.a", '{"a": 1}') is NOTHING


@pytest.mark.parametrize(
    ("given", "text"), [("123", '"123"'), (None, "null"), ({"a": "ä"}, '{"a":"ä"}'), (NOTHING, None)]
)
def test_what_is_sent_is_always_json(given, text):
    assert inputs.text_of(given) == text


def test_half_of_a_surrogate_pair_is_sent_as_an_escape():
    assert inputs.text_of("\ud800ä") == '"\\ud800\\u00e4"'


@pytest.mark.parametrize("value", [float("nan"), [float("inf")]])
def test_what_is_no_json_is_told(value):
    with pytest.raises(SpecInputError, match="is to be sent what cannot be written as JSON"):
        inputs.text_of(value)


def test_a_codec_writes_what_is_sent():
    class Reversed:
        def encode(self, value):
            return json.dumps(value)[::-1]

        def decode(self, text):
            return json.loads(text[::-1])

    with payload.use(Reversed()):
        assert inputs.text_of({"a": 1}) == '}1 :"a"{'


def test_more_than_swf_takes_is_told():
    with pytest.raises(SpecInputError, match="is to be sent 32,769 characters of JSON, and SWF takes 32,768"):
        inputs.text_of("x" * 32_767)


def compare(path="$.id", **how):
    return {"value": of_input(path), **how}


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (compare(equals=7), True),
        (compare(equals=7.0), True),
        (compare(equals="7"), False),
        (compare(not_equals=7), False),
        (compare(**{"in": [1, 7]}), True),
        (compare(less_than=7), False),
        (compare(less_than=7.5), True),
        (compare(greater_than=6), True),
        (compare("$.items[0]", greater_than="A"), True),
        (compare(exists=True), True),
        (compare("$.gone", exists=True), False),
        (compare("$.gone", exists=False), True),
        ({"not": compare(equals=7)}, False),
        ({"all": [compare(equals=7), compare(equals=8)]}, False),
        ({"any": [compare(equals=7), compare("$.gone", equals=8)]}, True),
    ],
)
def test_a_condition_holds_or_not(data, expected):
    assert conditions.holds(conditions.read(data), SOURCES) is expected


def test_true_is_not_one():
    data = {"value": {"type": "constant", "value": True}, "equals": 1}

    assert conditions.holds(conditions.read(data), SOURCES) is False


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (compare(less_than="8"), "asks whether 7 is less than '8', which cannot be said"),
        (compare("$.items", greater_than=1), "which cannot be said"),
        (compare("$.gone", equals=1), "finds nothing"),
    ],
)
def test_a_condition_that_says_nothing_is_told(data, told):
    with pytest.raises(SpecInputError, match=told):
        conditions.holds(conditions.read(data), SOURCES)
