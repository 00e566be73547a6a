"""Errors in the words of a command line, where the library names its own functions."""

import re

from swf.exceptions import ResponseError, SWFError

# What the library says, and what stands for it here.
_SAID = (
    ("connect('local:') to do without", "give --endpoint local:PATH to do without"),
    ("swf.settings.explain()", "swf doctor"),
    ("(given to connect())", "(given by an option)"),
    ("Give access keys,", "Give --access-key ID:SECRET,"),
    ("execution.wait()", "swf executions wait"),
    ("its history()", "swf executions history"),
    ("status='OPEN'", "--status OPEN"),
    ("Call its undeprecate() to", "Undeprecate it to"),
    ("Call its delete(), which deprecates it, before purge().", "Deprecate it first."),
    ("save() it first", "Register it first"),
    ("save() the type", "Register the type"),
    ("or get() what is there", "or show what is there"),
    (" For a type that is not known here, give name=.", " Write it as SWF does."),
    ("must be a whole number, not str.", "must be a whole number."),
)

# The remedy of the library is about whatever is in the domain.
_UNKNOWN_DOMAIN = re.compile(r"(Unknown domain: (\S+))\. .*")


def told(error: SWFError) -> str:
    """Tell what happened and what to do.

    >>> from swf.exceptions import from_fault
    >>> told(from_fault("DeleteWorkflowType", "TypeNotDeprecatedFault", "Order 1.0"))
    'DeleteWorkflowType was refused with TypeNotDeprecatedFault: Order 1.0. Deprecate it first.'
    """
    message = str(error)
    for said, here in _SAID:
        message = message.replace(said, here)
    message = _UNKNOWN_DOMAIN.sub(
        r"\1. Check its name, the region and the endpoint; or register it: swf domains register \2", message
    )
    if isinstance(error, ResponseError) and error.fault and not error.remedy:
        message = f"{message} Check what was given, and the endpoint."
    return message


def sentences(error: SWFError) -> str:
    """Tell it as a command ends with it: what led to it, and what AWS support asks for, if SWF answered at all."""
    # A note is the traceback of a module of the user's.
    lines = [*getattr(error, "__notes__", ()), f"Error: {told(error)}"]
    if isinstance(error, ResponseError) and error.request_id:
        lines.append(f"Request id: {error.request_id}")
    return "\n".join(lines)
