"""The JSON Schema of a manifest's file, for editors: it is read from the same declarations as the file itself."""

from typing import Any

from swf.models import ActivityType, Domain, WorkflowType
from swf.models.domain import ResourceTag
from swf.shapes import Choice, Duration, Number, Shape, Text, TypeName
from swf.sync.schema import MOST_TAGS, shapes_of

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def json_schema() -> dict[str, Any]:
    """Give the JSON Schema of a manifest, whichever format it is written in.

    It is stricter than the reader in one point: a number is written as a number, and not as text.
    """
    return {
        "$schema": DIALECT,
        "title": "What ought to be registered in Amazon SWF",
        **_table({"domains": {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/domain"}}}, ["domains"]),
        "$defs": {
            "domain": _domain(),
            "workflow": _type(WorkflowType),
            "activity": _type(ActivityType),
        },
    }


def _domain() -> dict[str, Any]:
    lists = {
        "workflows": {"type": "array", "items": {"$ref": "#/$defs/workflow"}},
        "activities": {"type": "array", "items": {"$ref": "#/$defs/activity"}},
    }
    return _table({**_attributes(Domain), "tags": _tags(), **lists})


def _type(cls: type[WorkflowType | ActivityType]) -> dict[str, Any]:
    return _table(_attributes(cls), ["name", "version"])


def _table(properties: dict[str, Any], required: list[str] | None = None) -> dict[str, Any]:
    needed = {"required": required} if required else {}
    return {"type": "object", "properties": properties, **needed, "additionalProperties": False}


def _attributes(cls: type) -> dict[str, Any]:
    return {name: value_schema(shape) for name, shape in shapes_of(cls).items()}


def _tags() -> dict[str, Any]:
    shapes = shapes_of(ResourceTag)
    # Tags that AWS gives itself cannot be declared.
    names = {**value_schema(shapes["key"]), "not": {"pattern": "^[aA][wW][sS]:"}}
    return {
        "type": "object",
        "propertyNames": names,
        "additionalProperties": value_schema(shapes["value"]),
        "maxProperties": MOST_TAGS,
    }


def value_schema(shape: Shape) -> dict[str, Any]:
    """Give the JSON Schema of a value.

    Raises:
        TypeError: Nothing that a manifest declares is of this shape.
    """
    match shape:
        case Choice():
            return {"enum": list(shape.values)}
        case Duration():
            number = {"type": "integer", **_bounds(shape, "minimum", "maximum")}
            return {"anyOf": [number, {"const": "NONE"}]} if shape.has_none else number
        case Number():
            return {"type": "integer", **_bounds(shape, "minimum", "maximum")}
        case TypeName():
            return {**_text(shape), "not": {"pattern": ":"}}
        case Text():
            return _text(shape)
        case _:
            raise TypeError(f"A {type(shape).__name__} ({shape.name}) has no JSON Schema here. Say what one is.")


def _text(shape: Text) -> dict[str, Any]:
    return {"type": "string", **_bounds(shape, "minLength", "maxLength")}


def _bounds(shape: Text | Number, least: str, most: str) -> dict[str, int]:
    bounds = {least: shape.min, most: shape.max}
    return {name: bound for name, bound in bounds.items() if bound is not None}
