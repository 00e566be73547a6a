"""Decisions about timers."""

from typing import Annotated, ClassVar

import attrs

from swf import payload
from swf.models.decision.base import Decision
from swf.shapes import Data, Duration, TimerId


@attrs.frozen(kw_only=True, repr=False)
class StartTimer(Decision):
    """Have SWF wake the decider with a ``TimerFired`` event after a while.

    ``control`` stays with the timer and comes back in ``TimerStarted``. SWF refuses it in one answer with a decision
    that closes the execution.

    See: https://docs.aws.amazon.com/amazonswf/latest/apireference/API_StartTimerDecisionAttributes.html
    """

    goes_with_close: ClassVar[bool] = False

    timer_id: TimerId
    start_to_fire_timeout: Annotated[int, Duration("DurationInSeconds", has_none=False)]
    control: Data | None = attrs.field(default=None, converter=payload.encode)


@attrs.frozen(kw_only=True, repr=False)
class CancelTimer(Decision):
    """Stop an open timer: it will not fire.

    See: https://docs.aws.amazon.com/amazonswf/latest/apireference/API_CancelTimerDecisionAttributes.html
    """

    timer_id: TimerId
