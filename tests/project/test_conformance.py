"""What we declare, held member by member against AWS's own description of SWF, as botocore has it."""

import typing

import botocore.loaders
import pytest
from botocore.model import ListShape, ServiceModel, StringShape, StructureShape

from swf import constants, shapes, wire
from swf.exceptions import FAULTS
from swf.models.decision import DECISIONS
from swf.models.decision.base import attributes_key as decision_attributes_key
from swf.models.event import EVENTS
from swf.models.event.base import attributes_key as event_attributes_key
from swf.models.history.state import CLOSE_STATUS_OF

MODEL = ServiceModel(botocore.loaders.Loader().load_service_model("swf", "service-2"), "swf")

ALIASES = {name: alias for name, alias in vars(shapes).items() if typing.get_origin(alias) is typing.Annotated}
WORDS = {name: alias for name, alias in vars(shapes).items() if typing.get_origin(alias) is typing.Literal}
STRUCTURES = [shape for name in MODEL.shape_names if isinstance(shape := MODEL.shape_for(name), StructureShape)]


def declared(alias):
    return next(extra for extra in typing.get_args(alias)[1:] if isinstance(extra, shapes.Shape))


def members_here(cls):
    return {member.wire_name: (kind_here(member.shape), member.required) for member in wire.members(cls)}


def members_there(shape):
    return {name: (kind_there(member), name in shape.required_members) for name, member in shape.members.items()}


def kind_here(shape):
    return frozenset(shape.values) if isinstance(shape, shapes.Choice) else shape.name


def kind_there(shape):
    return frozenset(shape.enum) if isinstance(shape, StringShape) and shape.enum else shape.name


def test_the_description_is_the_whole_of_swf():
    assert len(EVENTS) == 54
    assert len(DECISIONS) == 13
    assert len(MODEL.operation_names) == 39


@pytest.mark.parametrize("name", ALIASES)
def test_a_shape_has_the_name_that_aws_gives_it(name):
    assert declared(ALIASES[name]).name == name
    assert name in MODEL.shape_names


TEXTS = [name for name in ALIASES if type(declared(ALIASES[name])) in (shapes.Text, shapes.TypeName)]


@pytest.mark.parametrize("name", TEXTS)
def test_a_text_has_the_limits_that_aws_gives_it(name):
    here, there = declared(ALIASES[name]), MODEL.shape_for(name)

    assert there.type_name == "string"
    assert (here.min, here.max) == (there.metadata.get("min", 0), there.metadata.get("max"))


NUMBERS = [name for name in ALIASES if type(declared(ALIASES[name])) is shapes.Number]


@pytest.mark.parametrize("name", NUMBERS)
def test_a_number_has_the_limits_that_aws_gives_it(name):
    here, there = declared(ALIASES[name]), MODEL.shape_for(name)

    assert there.type_name in ("integer", "long")
    assert (here.min, here.max) == (there.metadata.get("min"), there.metadata.get("max"))


NUMBER_TEXTS = [name for name in ALIASES if isinstance(declared(ALIASES[name]), shapes.NumberText)]


@pytest.mark.parametrize("name", NUMBER_TEXTS)
def test_a_number_that_swf_writes_as_text_fits_the_text(name):
    here, there = declared(ALIASES[name]), MODEL.shape_for(name)

    assert there.type_name == "string"
    assert len(here.write(here.max)) <= there.metadata.get("max", 11)
    assert len(here.write(here.min)) <= there.metadata.get("max", 11)


def test_every_duration_that_fits_in_the_text_is_allowed():
    for name in ("DurationInSeconds", "DurationInSecondsOptional"):
        assert (
            len(declared(ALIASES[name]).write(declared(ALIASES[name]).max + 1)) > MODEL.shape_for(name).metadata["max"]
        )


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("TaskList", {"name": "Name"}),
        ("WorkflowType", {"name": "Name", "version": "Version"}),
        ("ActivityType", {"name": "Name", "version": "Version"}),
        ("WorkflowExecution", {"workflowId": "WorkflowId", "runId": "WorkflowRunId"}),
    ],
)
def test_a_reference_is_written_with_the_members_that_aws_gives_it(name, parts):
    shape = MODEL.shape_for(name)

    assert {member: part.name for member, part in shape.members.items()} == parts
    assert sorted(shape.required_members) == sorted(parts)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TaskList", "list"),
        ("WorkflowType", shapes.TypeId("Order", "1")),
        ("ActivityType", shapes.TypeId("Charge", "1")),
        ("WorkflowExecution", shapes.ExecutionId("order-7", "run")),
    ],
)
def test_a_reference_is_written_with_all_members(name, value):
    written = declared(ALIASES[name]).write(value)

    assert set(written) == set(MODEL.shape_for(name).members)


def test_tags_have_the_limits_that_aws_gives_them():
    here, there = declared(shapes.TagList), MODEL.shape_for("TagList")

    assert isinstance(there, ListShape)
    assert here.max == there.metadata["max"]
    assert here.longest == there.member.metadata["max"]


def test_a_task_list_has_the_limits_of_a_name():
    here, there = declared(shapes.TaskList), MODEL.shape_for("Name")

    assert (here.min, here.max) == (there.metadata["min"], there.metadata["max"])


@pytest.mark.parametrize("name", WORDS)
def test_words_are_those_that_aws_lists(name):
    assert sorted(typing.get_args(WORDS[name])) == sorted(MODEL.shape_for(name).enum)


def test_every_list_of_words_of_aws_is_here_but_the_types_of_events_and_decisions():
    lists = {name for name in MODEL.shape_names if getattr(MODEL.shape_for(name), "enum", None)}

    assert lists - set(WORDS) == {"EventType", "DecisionType"}


def test_there_is_a_class_for_every_type_of_event():
    assert sorted(EVENTS) == sorted(MODEL.shape_for("EventType").enum)


@pytest.mark.parametrize("name", EVENTS)
def test_an_event_has_the_members_that_aws_gives_it(name):
    there = MODEL.shape_for("HistoryEvent").members[event_attributes_key(name)]

    assert members_here(EVENTS[name]) == members_there(there)


def test_there_is_a_class_for_every_type_of_decision():
    assert sorted(DECISIONS) == sorted(MODEL.shape_for("DecisionType").enum)


@pytest.mark.parametrize("name", DECISIONS)
def test_a_decision_has_the_members_that_aws_gives_it(name):
    there = MODEL.shape_for("Decision").members[decision_attributes_key(name)]

    assert members_here(DECISIONS[name]) == members_there(there)


@pytest.mark.parametrize("kind", [*EVENTS.values(), *DECISIONS.values()])
def test_an_attribute_is_the_member_in_snake_case_unless_an_event_has_that_name_already(kind):
    renamed = {
        member.name: member.wire_name for member in wire.members(kind) if member.name != wire.snake(member.wire_name)
    }

    assert renamed in ({}, {"function_id": "id", "function_name": "name"})


def test_every_name_of_a_member_converts_to_ours_and_back():
    names = {name for structure in STRUCTURES for name in structure.members}

    assert len(names) > 150
    assert {name for name in names if wire.camel(wire.snake(name)) != name} == set()


def test_no_two_members_have_one_name_here():
    names = {name for structure in STRUCTURES for name in structure.members}

    assert len({wire.snake(name) for name in names}) == len(names)


@pytest.mark.parametrize("structure", [*EVENTS, *DECISIONS])
def test_every_docstring_names_the_page_of_aws(structure):
    kind = EVENTS.get(structure) or DECISIONS[structure]
    suffix = "EventAttributes" if structure in EVENTS else "DecisionAttributes"

    page = f"https://docs.aws.amazon.com/amazonswf/latest/apireference/API_{structure}{suffix}.html"
    assert f"See: {page}" in kind.__doc__


def test_every_fault_of_swf_has_an_error_here():
    faults = {error.name for name in MODEL.operation_names for error in MODEL.operation_model(name).error_shapes}

    assert faults - set(FAULTS) == set()
    assert len(faults) >= 11


def test_close_statuses_and_child_policies_are_those_of_aws():
    assert sorted(constants.CLOSE_STATUSES) == sorted(MODEL.shape_for("CloseStatus").enum)
    assert sorted(constants.CHILD_POLICIES) == sorted(MODEL.shape_for("ChildPolicy").enum)
    assert sorted(CLOSE_STATUS_OF.values()) == sorted(MODEL.shape_for("CloseStatus").enum)
