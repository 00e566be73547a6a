"""JSON on the command line: as it stands, from a file, or from stdin."""

import json
import sys
from pathlib import Path

import click

METAVAR = "JSON|@FILE"


def json_text(context: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    """Give the text of an option, if it is JSON; SWF gets it as it stands."""
    if value is None:
        return None
    text = given_text(value)
    try:
        json.loads(text)
    except ValueError as error:
        raise click.BadParameter(
            f"{_cut(value)} is no JSON: {error}. Write a text in two quotes, '\"like this\"', or name a file: @FILE."
        ) from error
    return text


def given_text(value: str) -> str:
    """Give a value, or what stands in the file that it names: ``@FILE``, ``@-`` for stdin."""
    if not value.startswith("@"):
        return value
    if value == "@":
        raise click.BadParameter("@ names no file. Write @FILE, or @- for stdin.")
    name = "stdin" if value == "@-" else value[1:]
    try:
        held = _stdin() if value == "@-" else Path(name).read_bytes()
        return held.decode("utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no text in UTF-8"
        raise click.BadParameter(f"{name} cannot be read: {why}. Name another file.") from error


def _stdin() -> bytes:
    held: bytes = sys.stdin.buffer.read()
    return held


def _cut(value: str) -> str:
    return value if len(value) <= 60 else f"{value[:57]}..."
