"""SWF's quotas.

See: https://docs.aws.amazon.com/amazonswf/latest/developerguide/swf-dg-limits.html
"""

from typing import Any

from swf.constants import NONE
from swf.engine.protocol import invalid

TAGS_PER_RESOURCE = 50
EXECUTION_SECONDS = 365 * 24 * 60 * 60
LAMBDA_SECONDS = 15 * 60


def require_bounded(member: str, request: dict[str, Any]) -> None:
    """Refuse a timeout of executions that is longer than any execution may be."""
    timeout = request.get(member)
    if timeout == NONE or (timeout and int(timeout) > EXECUTION_SECONDS):
        raise invalid(f"{member} is {timeout}, and must be a number of seconds of at most {EXECUTION_SECONDS}")
