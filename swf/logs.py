"""Log records that say which task they are of, and records as JSON.

While an actor works on a task, every record of that thread or coroutine, whoever logs it, can carry the domain, the
execution and the type. A filter of the handler puts them on, as attributes, and a formatter may show them:

>>> import logging, sys
>>> handler = logging.StreamHandler(sys.stdout)
>>> handler.addFilter(TaskFilter())
>>> handler.setFormatter(logging.Formatter("%(workflow_id)s %(message)s"))
>>> log = logging.getLogger("shop")
>>> log.addHandler(handler)
>>> with about(workflow_id="order-7"):
...     log.warning("out of stock")
order-7 out of stock
>>> log.warning("elsewhere")
None elsewhere
>>> log.removeHandler(handler)
"""

import json
import logging
import sys
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

from swf.wire import instant

# What a record tells of the task it is of; None is what is not known, or does not apply.
FIELDS = ("domain", "task_list", "workflow_id", "run_id", "workflow_type", "activity_id", "activity_type", "version")

# What every record has, or gets from formatters; all else somebody gave as ``extra``.
_OF_EVERY_RECORD = frozenset({*vars(logging.makeLogRecord({})), "message", "asctime", "taskName", *FIELDS})

_NOTHING: Mapping[str, str | None] = MappingProxyType({})

_facts: ContextVar[Mapping[str, str | None]] = ContextVar("swf.logs facts", default=_NOTHING)


@contextmanager
def about(**facts: str | None) -> Iterator[None]:
    """Say what the records of the block are about: any of `FIELDS`."""
    token = _facts.set({**_facts.get(), **facts})
    try:
        yield
    finally:
        _facts.reset(token)


def facts() -> Mapping[str, str | None]:
    """Give what the records of this thread or coroutine are about: of a task, what is known of `FIELDS`."""
    return MappingProxyType(dict(_facts.get()))


class HarmlessLogger(logging.LoggerAdapter[logging.Logger]):
    """A logger for what has to go on: what a handler or a filter raises is told on standard error, and hurts nobody.

    >>> log = HarmlessLogger(logging.getLogger("shop"))
    >>> log.warning("out of %s", "stock")
    """

    def log(self, level: int, msg: object, *args: object, **kwargs: Any) -> None:
        """Log a record, if there is a handler that can."""
        # Not this frame is the one that logs, but its caller.
        kwargs["stacklevel"] = kwargs.get("stacklevel", 1) + 1
        try:
            super().log(level, msg, *args, **kwargs)
        except Exception:
            if logging.raiseExceptions and sys.stderr:
                traceback.print_exc()


class TaskFilter(logging.Filter):
    """Puts what a record is about on it, as attributes: all of `FIELDS`. It lets every record through.

    It belongs on handlers: a logger's filter does not see the records of the loggers below it. Where a handler passes
    records on to another thread (`logging.handlers.QueueHandler`), it belongs on that one.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Put the attributes on."""
        known = _facts.get()
        for name in FIELDS:
            if not hasattr(record, name):
                setattr(record, name, known.get(name))
        return True


class JSONFormatter(logging.Formatter):
    """Formats a record as one line of JSON.

    Its members are ``time``, ``level``, ``logger``, the id of the ``process``, ``message``, what it is about, ``error``
    and ``stack`` with a traceback, then what was given as ``extra``. What is None is left out; what is no JSON is shown
    as Python shows it.

    >>> packed = {"msg": "packed", "levelname": "INFO", "name": "shop", "created": 0.5, "process": 7}
    >>> with about(workflow_id="a"):
    ...     print(JSONFormatter().format(logging.makeLogRecord(packed)))
    {"time":"1970-01-01T00:00:00.500Z","level":"INFO","logger":"shop","process":7,"message":"packed","workflow_id":"a"}
    """

    def format(self, record: logging.LogRecord) -> str:
        """Give the line."""
        TaskFilter().filter(record)
        members = {
            "time": _shown_time(record.created),
            "level": record.levelname,
            "logger": record.name,
            "process": record.process,
            "message": record.getMessage(),
            **{name: getattr(record, name) for name in FIELDS},
            "error": self.formatException(record.exc_info) if record.exc_info and record.exc_info[0] else None,
            "stack": record.stack_info,
        }
        told = {name: value for name, value in members.items() if value is not None}
        for name, value in _extra(record).items():
            told.setdefault(name, value)
        return f"{{{','.join(f'{json.dumps(name)}:{_json(value)}' for name, value in told.items())}}}"


def _extra(record: logging.LogRecord) -> dict[str, Any]:
    return {name: value for name, value in vars(record).items() if name not in _OF_EVERY_RECORD and value is not None}


def _shown_time(seconds: float) -> str:
    return instant(datetime.fromtimestamp(seconds, UTC))


def _json(value: Any) -> str:
    """Write a value as JSON, whatever it is: a log has to take it, and so has a stream of any encoding."""
    try:
        return json.dumps(value, separators=(",", ":"), allow_nan=False)
    except (TypeError, ValueError, RecursionError):
        return json.dumps(repr(value))
