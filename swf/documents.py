"""Documents in TOML, JSON and YAML: read with what is known of their lines, and written."""

import importlib
import io
import json
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from types import ModuleType
from typing import Any

import attrs

from swf.checks import meant
from swf.exceptions import DocumentError, MissingExtraError

Place = tuple[str | int, ...]
Refused = type[DocumentError]

_TEXT = "tag:yaml.org,2002:str"
_MERGE = "tag:yaml.org,2002:merge"


@attrs.frozen
class Spot:
    """What a parser knows of a value beside the value.

    Attributes:
        line: Its line in the file, counted from 1.
        text: How it is written there.
    """

    line: int | None = None
    text: str | None = None


@attrs.frozen
class Document:
    """What a file holds.

    Attributes:
        name: The file, as it is called in messages.
        data: Its value.
        spot: Gives what is known of the value at a place.
    """

    name: str
    data: Any
    spot: Callable[[Place], Spot] = lambda place: Spot()


def read(path: Path, refused: Refused = DocumentError) -> Document:
    """Read a file, by its suffix.

    Args:
        path: The file.
        refused: What is raised when it cannot be read, or is no document of its format.

    Raises:
        MissingExtraError: YAML needs the extra ``yaml``.
    """
    form = format_of(path, refused)
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise refused(f"There is no file {path}. {_near(path)}Check its name and the folder.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise refused(f"{path} cannot be read: {error}. Make it a text file in UTF-8 that you may read.") from None
    return parse(str(path), text, form, refused)


def format_of(path: Path, refused: Refused = DocumentError) -> str:
    """Give the format of a file, by its suffix.

    >>> format_of(Path("swf.yml"))
    'yaml'

    Raises:
        DocumentError: No format has this suffix.
    """
    form = FORMATS_OF_SUFFIXES.get(path.suffix.lower())
    if form is None:
        raise refused(f"{path} has no suffix that tells its format. Name it *.toml, *.json, *.yaml or *.yml.")
    return form


def parse(name: str, text: str, form: str, refused: Refused = DocumentError) -> Document:
    """Read text in a format: ``toml``, ``json`` or ``yaml``.

    Args:
        name: What it is called in messages.
        text: The text.
        form: The format.
        refused: What is raised when it is no document of the format, or a table has a key twice.

    Raises:
        MissingExtraError: YAML needs the extra ``yaml``.
    """
    try:
        return _PARSERS[form](name, text.removeprefix("\ufeff"), refused)
    except RecursionError:
        raise refused(f"{name} has tables within tables too deep to be read. Write it as documented.") from None
    except ValueError as error:
        if isinstance(error, DocumentError):
            raise
        raise refused(f"{name} is no {form.upper()}: {error}. Mend it there.") from None


def write(data: Mapping[str, Any], form: str) -> str:
    """Write a table of lists of tables in a format: ``toml``, ``json`` or ``yaml``.

    Raises:
        MissingExtraError: YAML needs the extra ``yaml``.
    """
    return _WRITERS[form](data)


# TOML


def _toml(name: str, text: str, refused: Refused) -> Document:
    return Document(name, tomllib.loads(text, parse_float=_decimal))


def _decimal(text: str) -> Decimal:
    # Keeps what is written: a version 1.10 is told from 1.1.
    return Decimal(text)


def _to_toml(data: Mapping[str, Any]) -> str:
    """Write lists of tables as TOML: the lists of a table are tables of their own."""
    lines = (line for key, rows in data.items() for row in rows for line in _toml_table((key,), row))
    return "\n".join(lines).strip() + "\n"


def _toml_table(path: tuple[str, ...], table: Mapping[str, Any]) -> Iterator[str]:
    yield f"\n[[{'.'.join(path)}]]"
    for key, value in table.items():
        if not isinstance(value, list):
            yield f"{key} = {_toml_value(value)}"
    for key, rows in table.items():
        if isinstance(rows, list):
            for row in rows:
                yield from _toml_table((*path, key), row)


def _toml_value(value: Any) -> str:
    if isinstance(value, Mapping):
        held = ", ".join(f"{_toml_value(key)} = {_toml_value(each)}" for key, each in value.items())
        return f"{{ {held} }}" if held else "{}"
    # A text of JSON is one of TOML, apart from the character 7F.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


# JSON


def _json(name: str, text: str, refused: Refused) -> Document:
    def pairs(found: list[tuple[str, Any]]) -> dict[str, Any]:
        table = dict(found)
        if len(table) < len(found):
            twice = next(key for key in table if sum(key == other for other, _ in found) > 1)
            raise refused(f"{name} has the key {twice!r} twice in one table. Keep one of them.")
        return table

    return Document(name, json.loads(text, parse_float=_decimal, object_pairs_hook=pairs))


def _to_json(data: Mapping[str, Any]) -> str:
    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"


# YAML


def _yaml(name: str, text: str, refused: Refused) -> Document:
    yaml = pyyaml()
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        _name_keys_by_text(root, yaml)
        _refuse_double_keys(name, root, refused)
        data = None if root is None else yaml.SafeLoader("").construct_document(root)
    except yaml.YAMLError as error:
        raise refused(f"{name} is no YAML: {_yaml_said(error)}. Mend it there.") from None
    return Document(name, data, lambda place: _yaml_spot(root, place))


def _yaml_said(error: Any) -> str:
    """Give what the parser says, in one line."""
    mark = getattr(error, "problem_mark", None)
    if mark is None:
        return " ".join(str(error).split())
    said = f"{error.context}, {error.problem}" if error.context else error.problem
    return f"{said} (line {mark.line + 1}, column {mark.column + 1})"


def pyyaml() -> ModuleType:
    """Give PyYAML.

    Raises:
        MissingExtraError: It is not there; it needs the extra ``yaml``.
    """
    try:
        return importlib.import_module("yaml")
    except ModuleNotFoundError:
        raise MissingExtraError("YAML", "yaml") from None


def _name_keys_by_text(root: Any, yaml: ModuleType) -> None:
    """Take keys as they are written: YAML's ``on``, ``1.10`` and ``null`` are other values, and no names."""
    for node in _yaml_nodes(root):
        if isinstance(node, yaml.MappingNode):
            node.value = [(_as_text(key, yaml), value) for key, value in node.value]


def _as_text(key: Any, yaml: ModuleType) -> Any:
    if not isinstance(key, yaml.ScalarNode) or key.tag == _MERGE:
        return key
    # A node of its own: that of an alias stands elsewhere, too.
    return yaml.ScalarNode(_TEXT, key.value, key.start_mark, key.end_mark)


def _refuse_double_keys(name: str, root: Any, refused: Refused) -> None:
    """Refuse a table that has a key twice, of which PyYAML would take the last."""
    for node in _yaml_nodes(root):
        keys: set[str] = set()
        for key in (child[0] for child in node.value if isinstance(child, tuple)):
            if isinstance(key.value, str) and key.value in keys:
                raise refused(
                    f"{name} has the key {key.value!r} twice in one table, the second time in line "
                    f"{key.start_mark.line + 1}. Keep one of them."
                )
            if isinstance(key.value, str):
                keys.add(key.value)


def _yaml_nodes(root: Any) -> Iterator[Any]:
    """Give the lists and the tables, also those of keys; one that is named by aliases once."""
    left, seen = [root], set()
    while left:
        node = left.pop()
        if node is None or id(node) in seen or not isinstance(node.value, list):
            continue
        seen.add(id(node))
        yield node
        for child in node.value:
            left += child if isinstance(child, tuple) else (child,)


def _yaml_spot(root: Any, place: Place) -> Spot:
    node = root
    for step in place:
        deeper = _yaml_child(node, step)
        if deeper is None:
            break
        node = deeper
    else:
        return Spot(node.start_mark.line + 1, node.value if isinstance(node.value, str) else None)
    return Spot(node.start_mark.line + 1) if node is not None else Spot()


def _yaml_child(node: Any, step: str | int) -> Any:
    if node is None or not isinstance(node.value, list):
        return None
    if isinstance(step, int):
        return node.value[step] if step < len(node.value) else None
    return next((child[1] for child in node.value if isinstance(child, tuple) and child[0].value == step), None)


def to_yaml(data: Any) -> str:
    """Write a JSON value in YAML.

    Raises:
        MissingExtraError: It needs the extra ``yaml``.
    """
    stream = io.StringIO()
    dumper = pyyaml().SafeDumper(stream, sort_keys=False, allow_unicode=True)
    dumper.yaml_representers = {**dumper.yaml_representers, str: _yaml_text}
    dumper.open()
    dumper.represent(data)
    dumper.close()
    return stream.getvalue()


# Line ends to YAML 1.1, which would read them back as spaces wherever they are not escaped.
_YAML_LINE_ENDS = re.compile("[\x85\u2028\u2029]")


def _yaml_text(dumper: Any, text: str) -> Any:
    """Represent a text, with escapes where it would be read back as another one."""
    return dumper.represent_scalar(_TEXT, text, style='"' if _YAML_LINE_ENDS.search(text) else None)


FORMATS_OF_SUFFIXES = {".toml": "toml", ".json": "json", ".yaml": "yaml", ".yml": "yaml"}
FORMATS = ("toml", "json", "yaml")
_PARSERS = {"toml": _toml, "json": _json, "yaml": _yaml}
_WRITERS = {"toml": _to_toml, "json": _to_json, "yaml": to_yaml}


def _near(path: Path) -> str:
    try:
        return meant(path.name, [each.name for each in path.parent.iterdir()])
    except OSError:
        return ""
