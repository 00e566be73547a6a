"""What SWF does to a child that is open when its parent closes, as far as nobody asked for it: for warnings of it."""

from swf.constants import REQUEST_CANCEL, TERMINATE


def effect(policy: str | None, *, is_cancel_requested: bool) -> str | None:
    """Return what the policy of a parent does to an open child, with a place for the child; None if that is nothing.

    A child that was asked to cancel may be asked again. To be terminated then is another matter: it has no time to end.

    >>> effect("REQUEST_CANCEL", is_cancel_requested=False), effect("REQUEST_CANCEL", is_cancel_requested=True)
    ('asks {} to cancel', None)

    Args:
        policy: The ``child_policy`` of the parent.
        is_cancel_requested: Whether the child was asked to cancel.
    """
    if policy == TERMINATE:
        return "terminates {}"
    return "asks {} to cancel" if policy == REQUEST_CANCEL and not is_cancel_requested else None
