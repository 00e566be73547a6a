"""Asks an engine without a client, so that also what no client sends can be asked, and quickly."""

import json
from typing import Any

from swf.engine import Engine


class Refusal(Exception):
    """What the engine answered instead of doing as it was asked."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.response = {"Error": {"Code": code, "Message": message}}


def ask(engine: Engine, operation: str, body: bytes | None = None, /, **request: Any) -> Any:
    """Ask for an operation; gives the answer as it stands in SWF's JSON, None when there is none in it.

    Raises:
        Refusal: The answer is a fault.
    """
    answer = engine.handle(f"SimpleWorkflowService.{operation}", json.dumps(request).encode() if body is None else body)
    told = json.loads(answer.body) if answer.body else None
    if answer.status != 200:
        code = told["__type"].partition("#")[2]
        # What could not be read is told with a capital letter.
        raise Refusal(answer.status, code, told["Message" if code == "SerializationException" else "message"])
    return told
