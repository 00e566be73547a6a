"""Decisions about AWS Lambda functions."""

import attrs

from swf import payload
from swf.models.decision.base import Decision
from swf.shapes import (
    Data,
    DurationInSecondsOptional,
    FunctionId,
    FunctionInput,
    FunctionName,
)


@attrs.frozen(kw_only=True, repr=False)
class ScheduleLambdaFunction(Decision):
    """Have SWF call an AWS Lambda function, with the execution's ``lambda_role``.

    See: https://docs.aws.amazon.com/amazonswf/latest/apireference/API_ScheduleLambdaFunctionDecisionAttributes.html
    """

    id: FunctionId
    name: FunctionName
    control: Data | None = attrs.field(default=None, converter=payload.encode)
    input: FunctionInput | None = attrs.field(default=None, converter=payload.encode)
    start_to_close_timeout: DurationInSecondsOptional | None = None
