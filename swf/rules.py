"""The rules by which a value is refused before anything is sent, each with how it is known that SWF refuses it.

A client that refuses more than the service keeps its users from what works: Amazon's own frameworks use ``:`` in task
lists and workflow ids, though the text of the API forbids it. So only what is known to be refused is refused here, and
all else is the service's to judge. What an answer of SWF holds is never refused.

This table is all there is. Whatever raises a `ValidationError` about a member of a request says it in the words of one
of these rules, and a test holds every member of AWS's model against them.
"""

import re
from functools import cached_property
from typing import Any

import attrs


@attrs.frozen(slots=False)
class Rule:
    """A rule by which a value is refused before it is sent.

    Attributes:
        says: What is wrong with a value, with places for what is known of it.
        answer: What SWF answers to such a value.
        evidence: How that is known.
    """

    says: str
    answer: str
    evidence: str

    def __call__(self, **known: Any) -> str:
        """Return what is wrong with a value."""
        return self.says.format(**known)

    def is_said_in(self, text: str) -> bool:
        """Whether a message says that this rule is broken."""
        return self._pattern.search(text) is not None

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        return re.compile(".+".join(map(re.escape, re.split(r"\{[^}]*\}", self.says))), re.DOTALL)


_MODEL = "AWS's service model, which boto3 holds requests against as well"

MISSING = Rule(
    "must be given",
    "ValidationException: Value null at '…' failed to satisfy constraint: Member must not be null",
    "AWS's service model; recorded of the service",
)
WRONG_TYPE = Rule(
    "must be {wanted}, not {given}",
    "SerializationException",
    f"{_MODEL}; reported of texts, lists and objects in each other's place",
)
TOO_SHORT = Rule(
    "has {size} characters, and must have at least {least}",
    "ValidationException: … Member must have length greater than or equal to …",
    _MODEL,
)
TOO_LONG = Rule(
    "has {size:,} characters, and may have {most:,} at most",
    "ValidationException: … Member must have length less than or equal to …",
    "AWS's service model; frameworks of Amazon look for this answer",
)
NOT_SENDABLE = Rule(
    "contains half of a surrogate pair, which is no character and cannot be sent",
    "none: it cannot be written in UTF-8",
    "the encoding of JSON",
)
NOT_A_WORD = Rule(
    "must be one of {words}",
    "ValidationException: … Member must satisfy enum value set: […]",
    "AWS's service model; recorded of the service",
)
TOO_SMALL = Rule(
    "must be at least {least}",
    "ValidationException: … Member must have value greater than or equal to …",
    "AWS's service model of page sizes and counts; its text of durations, priorities and retention",
)
TOO_GREAT = Rule(
    "must be at most {most}",
    "ValidationException: … Member must have value less than or equal to …",
    "AWS's service model of page sizes and the length of durations; its text of priorities and retention",
)
NO_LIMIT = Rule(
    "is not allowed here; give a number",
    "ValidationException",
    "AWS's text of timeouts that must not be NONE",
)
TOO_MANY_TAGS = Rule(
    "has {count} tags, and may have {most} at most",
    "ValidationException: … Member must have length less than or equal to 5",
    _MODEL,
)
NO_TIME_ZONE = Rule(
    "must say its time zone, for instance datetime.now(UTC)",
    "none: SWF takes seconds since 1970",
    "a time without a zone is several points in time",
)
INVALID_NAME = Rule(
    "contains ':', which SWF refuses where a type is registered (Invalid name: {name})",
    "ValidationException: Invalid name: …",
    "three reports of the service, 2014 and 2015",
)
CLOSE_NOT_LAST = Rule(
    "is {decision}, which closes the execution. Put it last, and give one such decision only",
    "ValidationException: Close must be last decision in list",
    "measured of the service, and AWS's text",
)
CLOSE_NOT_ALONE = Rule(
    "is {decision}, and {close} at the end of the same answer closes the execution",
    "ValidationException: Specified decision is incompatible with close decision",
    "two frameworks that ran into it on the service, 2017 and 2018, for just these decisions",
)

RULES = tuple(rule for rule in vars().values() if isinstance(rule, Rule))
