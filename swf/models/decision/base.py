"""What all decisions have in common."""

from collections.abc import Mapping
from typing import Any, ClassVar

import attrs

from swf import wire
from swf.checks import Spelt


@attrs.frozen(kw_only=True, repr=False)
class Decision(Spelt):
    """One thing a decider wants done; each of SWF's 13 decision types has a class of its name.

    Building one checks it: what SWF is known to refuse, such as texts that are too long, raises a `ValidationError` at
    once. All else is SWF's to judge.

    Attributes:
        closes: Whether it closes the execution.
        goes_with_close: Whether SWF takes it in one answer with a decision that closes the execution.

    See: https://docs.aws.amazon.com/amazonswf/latest/apireference/API_Decision.html
    """

    closes: ClassVar[bool] = False
    goes_with_close: ClassVar[bool] = True

    def __attrs_post_init__(self) -> None:
        wire.check(self)

    @property
    def type(self) -> str:
        """SWF's name of the decision's type, such as ``StartTimer``."""
        return type(self).__name__

    @property
    def raw(self) -> dict[str, Any]:
        """The decision as it stands in SWF's JSON."""
        return {"decisionType": self.type, attributes_key(self.type): wire.write(self)}

    def __repr__(self) -> str:
        held = ((member.name, getattr(self, member.name)) for member in wire.members(type(self)))
        return f"{self.type}({', '.join(f'{name}={wire.shown(value)}' for name, value in held if value is not None)})"


def attributes_key(name: str) -> str:
    """Give the member of a decision's JSON that holds its attributes."""
    return f"{name[:1].lower()}{name[1:]}DecisionAttributes"


def from_raw(kind: type[Decision], raw: Mapping[str, Any]) -> Decision:
    """Read a decision of a known kind from SWF's JSON, as it is."""
    return wire.reader(kind)(raw.get(attributes_key(kind.__name__), {}), {})
