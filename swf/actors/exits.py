"""How a process ended, in words."""

import signal


def ending(code: int) -> str:
    """Tell how a process ended.

    >>> ending(1), ending(-9)
    ('ended with exit code 1', 'was ended by SIGKILL')
    """
    return f"was ended by {signal_name(-code)}" if code < 0 else f"ended with exit code {code}"


def signal_name(number: int) -> str:
    """Give the name of a signal."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
