"""JSON paths: what they find in a value."""

import functools
import re
from typing import TYPE_CHECKING, Any, Final

from swf.exceptions import MissingExtraError, SpecError

if TYPE_CHECKING:
    from jsonpath import JSONPath

ROOT: Final = "$"

# Names of digits first, which the standard wants in brackets, were good in documents of version 1.
_PLAIN = re.compile(r"\$(?:\.[0-9A-Za-z_]+|\[-?[0-9]+\])+")
_DIGIT_FIRST = re.compile(r"\.([0-9][0-9A-Za-z_]*)")


class Nothing:
    """What stands for a value that is not there; JSON's null is one that is."""

    def __repr__(self) -> str:
        return "nothing"


NOTHING: Final = Nothing()


def find(path: str, value: Any) -> Any:
    """Give what a path finds in a value: one thing, a list if the path may find several, or `NOTHING`.

    >>> find("$.order.items[0]", {"order": {"items": ["soap"]}})
    'soap'
    >>> find("$.order.items[*].name", {"order": {"items": []}})
    []
    >>> find("$.total", "no object")
    nothing

    Raises:
        SpecError: It is no JSON path.
    """
    if path == ROOT or value is NOTHING:
        return value
    query = compiled(path)
    # A text would be read as JSON there.
    found = query.findall(value) if isinstance(value, dict | list) else []
    if not query.singular_query():
        return found
    return found[0] if found else NOTHING


@functools.lru_cache(maxsize=10_000)
def compiled(path: str) -> "JSONPath":
    """Give a path that can be looked for.

    Raises:
        SpecError: It is none.
        MissingExtraError: The package is missing.
    """
    environment = _environment()
    from jsonpath import JSONPath, JSONPathError

    if not path.startswith(ROOT):
        raise SpecError(f"{path!r} is no JSON path: it does not begin with $. Write it as $.order.items[0], say.")
    try:
        query = environment.compile(_as_standard(path))
    except (JSONPathError, RecursionError) as error:
        said = str(error.args[0]).rstrip(".") if error.args else type(error).__name__
        raise SpecError(
            f"{path!r} is no JSON path: {said}. Write it as RFC 9535 does, such as $.order.items[0]."
        ) from None
    assert isinstance(query, JSONPath)
    return query


@functools.cache
def _environment() -> Any:
    try:
        from jsonpath import JSONPathEnvironment
    except ModuleNotFoundError:
        raise MissingExtraError("Workflows from documents", "specs") from None
    return JSONPathEnvironment(strict=True)


def _as_standard(path: str) -> str:
    """Write a path of version 1 as the standard does.

    >>> _as_standard("$.orders.0a[1]")
    "$.orders['0a'][1]"
    """
    return _DIGIT_FIRST.sub(r"['\1']", path) if _PLAIN.fullmatch(path) else path
