"""SWF's words, to be written without quotes."""

from typing import Final, Literal, NamedTuple

from swf.shapes import NONE

__all__ = [
    "ABANDON",
    "CANCELED",
    "CHILD_POLICIES",
    "CLOSED",
    "CLOSE_STATUSES",
    "COMPLETED",
    "CONTINUED_AS_NEW",
    "DEPRECATED",
    "FAILED",
    "LARGEST_PAGE",
    "LONGEST_EXECUTION_SECONDS",
    "NONE",
    "OPEN",
    "REGISTERED",
    "REQUEST_CANCEL",
    "TERMINATE",
    "TERMINATED",
    "TIMED_OUT",
]

REGISTERED: Final = "REGISTERED"
DEPRECATED: Final = "DEPRECATED"

OPEN: Final = "OPEN"
CLOSED: Final = "CLOSED"

COMPLETED: Final = "COMPLETED"
FAILED: Final = "FAILED"
CANCELED: Final = "CANCELED"
TERMINATED: Final = "TERMINATED"
CONTINUED_AS_NEW: Final = "CONTINUED_AS_NEW"
TIMED_OUT: Final = "TIMED_OUT"
CLOSE_STATUSES: Final = (COMPLETED, FAILED, CANCELED, TERMINATED, CONTINUED_AS_NEW, TIMED_OUT)

TERMINATE: Final = "TERMINATE"
REQUEST_CANCEL: Final = "REQUEST_CANCEL"
ABANDON: Final = "ABANDON"

# SWF keeps no execution open for more than a year.
# https://docs.aws.amazon.com/amazonswf/latest/developerguide/swf-dg-limits.html
LONGEST_EXECUTION_SECONDS: Final = 365 * 24 * 60 * 60

# How many items a page of a list or a history has at most.
# https://docs.aws.amazon.com/amazonswf/latest/apireference/API_GetWorkflowExecutionHistory.html
LARGEST_PAGE: Final = 1000


class ChildPolicies(NamedTuple):
    """What SWF does to open children when their parent closes, in whatever way: by the policy of the parent.

    AWS's pages speak of a parent that is terminated or times out. The service applies the policy to one that completes,
    too. So a child that is to outlive its parent needs a parent whose policy is ``ABANDON``.

    See: https://docs.aws.amazon.com/amazonswf/latest/developerguide/swf-dev-adv-child-workflows.html
    """

    TERMINATE: Literal["TERMINATE"] = "TERMINATE"
    REQUEST_CANCEL: Literal["REQUEST_CANCEL"] = "REQUEST_CANCEL"
    ABANDON: Literal["ABANDON"] = "ABANDON"


CHILD_POLICIES: Final = ChildPolicies()
