"""Which function answers which operation of SWF."""

from collections.abc import Callable
from typing import Any

from swf.engine.protocol import Text
from swf.engine.transaction import Transaction

Request = dict[str, Any]
Output = dict[str, Any] | Text | None
Operation = Callable[[Transaction, Request], Output]

OPERATIONS: dict[str, Operation] = {}


def operation(function: Operation) -> Operation:
    """Make a function the answer to the operation of its name: ``register_domain`` answers ``RegisterDomain``."""
    OPERATIONS["".join(word.capitalize() for word in function.__name__.split("_"))] = function
    return function
