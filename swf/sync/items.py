"""Items of a plan: a domain or a type, and what becomes of it."""

from collections.abc import Mapping
from typing import Any, Final, Literal, Self, get_args

import attrs

from swf.models import ActivityType, Domain, ModelDiff, WorkflowType

Action = Literal["register", "undeprecate", "tag", "deprecate", "undeclared", "differs", "unchanged"]
Kind = Literal["domain", "workflow", "activity"]

SYMBOLS: Final[Mapping[Action, str]] = {
    "register": "+",
    "undeprecate": "~",
    "tag": "~",
    "deprecate": "-",
    "undeclared": "-",
    "differs": "!",
    "unchanged": "=",
}
CHANGES: Final[tuple[Action, ...]] = ("register", "undeprecate", "tag", "deprecate")

# Whatever else is said of an object is said for good when it is registered.
CHANGEABLE: Final[Mapping[Kind, tuple[str, ...]]] = {
    "domain": ("status", "tags"),
    "workflow": ("status",),
    "activity": ("status",),
}

MODELS: Final[Mapping[Kind, type[WorkflowType] | type[ActivityType]]] = {
    "workflow": WorkflowType,
    "activity": ActivityType,
}


@attrs.frozen(kw_only=True)
class Item:
    """A domain or a type, and what becomes of it.

    Attributes:
        action: ``register``, ``undeprecate``, ``tag`` and ``deprecate`` change SWF; ``differs`` cannot be changed;
            ``undeclared`` is registered in a declared domain, and left alone; ``unchanged`` is as declared.
        kind: ``domain``, ``workflow`` or ``activity``.
        domain: The domain's name.
        name: The name; the domain's own, if it is one.
        version: The version of a type.
        before: What SWF has: status and attributes; None when it has no such object.
        after: What is declared; None when nothing is.
        next_version: For a type that differs, a version that is free.
    """

    action: Action
    kind: Kind
    domain: str
    name: str
    version: str | None = None
    before: Mapping[str, Any] | None = None
    after: Mapping[str, Any] | None = None
    next_version: str | None = None

    @property
    def symbol(self) -> str:
        """One character that tells the action."""
        return SYMBOLS[self.action]

    @property
    def key(self) -> tuple[str, str, str, str | None]:
        """What tells the object from all others of a region."""
        return self.kind, self.domain, self.name, self.version

    @property
    def diff(self) -> ModelDiff:
        """What differs; empty unless there is something on both sides."""
        if self.before is None or self.after is None:
            return ModelDiff()
        names = self.after if self.kind == "domain" else {**self.after, **self.before}
        return ModelDiff(*((name, self.after.get(name), self.before.get(name)) for name in names))

    @property
    def fixed(self) -> Mapping[str, Any]:
        """What SWF has and can never be changed there."""
        return {name: value for name, value in (self.before or {}).items() if name not in CHANGEABLE[self.kind]}

    @property
    def is_change(self) -> bool:
        """Whether a sync changes it in SWF; of a domain that differs, its status and tags."""
        if self.action != "differs":
            return self.action in CHANGES
        return self.kind == "domain" and not set(CHANGEABLE["domain"]).isdisjoint(self.diff.differing_fields())

    @property
    def model(self) -> Domain | WorkflowType | ActivityType:
        """The object as it is declared; of one that is not, its name and version alone."""
        attributes = {name: value for name, value in (self.after or {}).items() if name not in ("status", "tags")}
        if self.kind == "domain":
            return Domain(self.name, **{"retention_period": None, **attributes})
        cls = MODELS[self.kind]
        unsaid = dict.fromkeys(("child_policy", "execution_timeout", "decision_tasks_timeout"))
        known = unsaid if cls is WorkflowType else {}
        return cls(self.domain, self.name, self.version, **{**known, **attributes})  # type: ignore[arg-type]

    @property
    def data(self) -> dict[str, Any]:
        """The item as a plan's JSON has it."""
        differences = [
            {"attribute": each.attr, "declared": each.local, "registered": each.upstream} for each in self.diff
        ]
        return {"symbol": self.symbol, **attrs.asdict(self), "differences": differences}

    @classmethod
    def of_data(cls, data: Mapping[str, Any]) -> Self:
        """Read an item from a plan's JSON."""
        made = cls(**{field.name: data[field.name] for field in attrs.fields(cls)})
        if made.action not in SYMBOLS or made.kind not in get_args(Kind):
            raise ValueError(f"{made.action} of a {made.kind}")
        return made

    def __str__(self) -> str:
        return " ".join(filter(None, [self.symbol, self.kind, self.name, self.version]))
