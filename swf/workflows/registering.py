"""Types of SWF, registered as they are declared, when something starts that needs them."""

import inspect
import logging
from collections.abc import Iterable
from typing import Any

from swf.exceptions import AlreadyExistsError, ConfigurationError, DoesNotExistError
from swf.models.activity import ActivityType
from swf.models.workflow import WorkflowType

_log = logging.getLogger(__name__)


def register(types: Iterable[WorkflowType | ActivityType]) -> None:
    """Register the types that are not there, and compare those that are.

    A deprecated type is left as it is: its open executions go on.

    Raises:
        ConfigurationError: One is registered otherwise.
        DoesNotExistError: The domain is not there.
    """
    for declared in types:
        if not _saved(declared):
            _compare(declared)


def _saved(declared: WorkflowType | ActivityType) -> bool:
    try:
        declared.upstream()
    except DoesNotExistError:
        pass
    else:
        return False
    try:
        declared.save()
    except AlreadyExistsError:
        # Another process was quicker.
        return False
    _log.info("Registered %r in %r", declared, declared.domain)
    return True


def _compare(declared: WorkflowType | ActivityType) -> None:
    changes = [change for change in declared.changes if change.attr not in ("status", "description")]
    if changes:
        told = "; ".join(f"{attr} is {here!r} here and {there!r} there" for attr, here, there in changes)
        raise ConfigurationError(
            f"{declared!r} is registered otherwise than it is declared: {told}. A registered type cannot be changed: "
            "declare what is registered, or give it a new version."
        )


def first_line(declared: Any) -> str | None:
    """Give the first line of a docstring, as a description that SWF takes."""
    text = inspect.cleandoc(declared.__doc__ or "").partition("\n")[0]
    return text[:1024] or None
