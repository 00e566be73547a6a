"""SWF's quotas: how much there may be of what, and how often something may be asked for.

See: https://docs.aws.amazon.com/amazonswf/latest/developerguide/swf-dg-limits.html
"""

from collections.abc import Mapping
from math import inf
from typing import Any, Literal

import attrs

from swf.constants import LONGEST_EXECUTION_SECONDS, NONE
from swf.engine.protocol import Fault, invalid
from swf.exceptions import ValidationError

TAGS_PER_RESOURCE = 50
LAMBDA_SECONDS = 15 * 60

Mode = Literal["off", "relaxed", "aws"]


@attrs.frozen
class Rate:
    """How often something may happen: a bucket of tokens that fills again all the time, each time takes one.

    Attributes:
        burst: How many tokens there are at most, and at first.
        per_second: How many come back in a second.
    """

    burst: int = attrs.field(validator=attrs.validators.ge(1))
    per_second: float = attrs.field(validator=attrs.validators.gt(0))


Rates = Mapping[str, Rate]


def _no_rates() -> Rates:
    return {}


@attrs.frozen(kw_only=True)
class Limits:
    """What an engine refuses because there is too much of it. What is not said is not limited.

    >>> Limits(open_timers=2).open_timers
    2
    >>> limits_of("aws").requests["StartWorkflowExecution"]
    Rate(burst=2000, per_second=200)

    Attributes:
        domains: Domains of an engine, deprecated ones included.
        types: Workflow types of a domain, and as many activity types; deprecated ones included.
        open_executions: Open executions of a domain, children included.
        open_activities: Open activity tasks of a run.
        open_timers: Open timers of a run.
        open_children: Open children of a run.
        open_lambda_functions: Open Lambda calls of a run.
        events: Events of a run; one that reaches them is terminated.
        polls: Polls that wait for the tasks of a list at the same time.
        requests: How often each operation may be asked for, by its name.
        requests_per_execution: How often each operation may be asked for on one execution, by its name.
        decisions: How often each decision may be carried out, by its type.
        activities_per_task_list: How often an activity task may be scheduled in a list.
    """

    domains: float = inf
    types: float = inf
    open_executions: float = inf
    open_activities: float = inf
    open_timers: float = inf
    open_children: float = inf
    open_lambda_functions: float = inf
    events: float = inf
    polls: float = inf
    requests: Rates = attrs.field(factory=_no_rates)
    requests_per_execution: Rates = attrs.field(factory=_no_rates)
    decisions: Rates = attrs.field(factory=_no_rates)
    activities_per_task_list: Rate | None = None


# What an account has unless it asks for more. AWS does not tell how many Lambda calls may be open.
_QUOTAS = Limits(
    domains=100,
    types=10_000,
    open_executions=100_000,
    open_activities=1_000,
    open_timers=1_000,
    open_children=1_000,
    open_lambda_functions=1_000,
    events=25_000,
    polls=1_000,
)

# By burst and tokens a second. AWS does not tell how fast executions may continue as new and Lambda calls be scheduled.
_REQUESTS: dict[tuple[int, int], str] = {
    (2000, 200): "PollForActivityTask PollForDecisionTask RespondActivityTaskCanceled RespondActivityTaskCompleted "
    "RespondActivityTaskFailed RespondDecisionTaskCompleted StartWorkflowExecution",
    (2000, 160): "RecordActivityTaskHeartbeat",
    (2000, 60): "GetWorkflowExecutionHistory TerminateWorkflowExecution",
    (2000, 30): "RequestCancelWorkflowExecution SignalWorkflowExecution",
    (2000, 6): "CountClosedWorkflowExecutions CountOpenWorkflowExecutions DescribeActivityType "
    "DescribeWorkflowExecution DescribeWorkflowType",
    (200, 60): "RegisterActivityType RegisterWorkflowType",
    (200, 48): "ListOpenWorkflowExecutions",
    (200, 6): "CountPendingActivityTasks CountPendingDecisionTasks DeleteActivityType DeleteWorkflowType "
    "DeprecateActivityType DeprecateWorkflowType DescribeDomain ListActivityTypes ListClosedWorkflowExecutions "
    "ListWorkflowTypes UndeprecateActivityType UndeprecateDomain UndeprecateWorkflowType",
    (100, 6): "DeprecateDomain ListDomains RegisterDomain",
    (50, 30): "ListTagsForResource TagResource UntagResource",
}

_LIMITS: dict[Mode, Limits] = {
    "off": Limits(),
    "relaxed": _QUOTAS,
    "aws": attrs.evolve(
        _QUOTAS,
        requests={name: Rate(*rate) for rate, names in _REQUESTS.items() for name in names.split()},
        requests_per_execution={
            "GetWorkflowExecutionHistory": Rate(400, 200),
            "SignalWorkflowExecution": Rate(1000, 1000),
            "RecordActivityTaskHeartbeat": Rate(1000, 1000),
            "RequestCancelWorkflowExecution": Rate(200, 200),
        },
        decisions={
            "ScheduleActivityTask": Rate(1000, 200),
            "StartTimer": Rate(2000, 200),
            "StartChildWorkflowExecution": Rate(500, 12),
            "SignalExternalWorkflowExecution": Rate(1200, 120),
            "RequestCancelExternalWorkflowExecution": Rate(1200, 120),
        },
        activities_per_task_list=Rate(2000, 2000),
    ),
}


def limits_of(mode: Mode | Limits) -> Limits:
    """Give the limits that are meant.

    Args:
        mode: ``off`` for none; ``relaxed`` for how much there may be, as fast as you like; ``aws`` for that and how
            often AWS lets an account ask, as it publishes both; or limits of your own.

    Raises:
        ValidationError: It is none of them.
    """
    if isinstance(mode, Limits):
        return mode
    if not isinstance(mode, str) or mode not in _LIMITS:
        raise ValidationError(f"{mode!r} is no set of limits. There are: {', '.join(_LIMITS)}; or give Limits(...).")
    return _LIMITS[mode]


def require_lambda_timeout(timeout: int | str | None) -> None:
    """Refuse a timeout of a Lambda call that is none of AWS Lambda's."""
    if timeout is not None and (timeout == NONE or not 1 <= int(timeout) <= LAMBDA_SECONDS):
        raise invalid(
            f"startToCloseTimeout of a Lambda function is {timeout}, and must be 1 to {LAMBDA_SECONDS} seconds"
        )


def exceeded(what: str, most: float) -> Fault:
    """Give the fault for one more of something than there may be."""
    return Fault("LimitExceededFault", f"There are {most:.0f} {what} already, and no more are allowed")


def require_bounded(member: str, request: dict[str, Any]) -> None:
    """Refuse a timeout of executions that is longer than any execution may be."""
    timeout = request.get(member)
    if timeout == NONE or (timeout and int(timeout) > LONGEST_EXECUTION_SECONDS):
        raise invalid(f"{member} is {timeout}, and must be a number of seconds of at most {LONGEST_EXECUTION_SECONDS}")
