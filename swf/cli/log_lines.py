"""Log records on stderr, as lines for people or as JSON."""

import logging

from swf.logs import FIELDS, JSONFormatter, TaskFilter

# What they log at INFO is of interest only to who looks for something.
_CHATTY = ("boto3", "botocore", "urllib3", "asyncio")

# The rest is the same in every line of an actor.
_SHOWN = tuple(name for name in FIELDS if name not in ("domain", "task_list"))


class LineFormatter(logging.Formatter):
    """Formats a record as a line with what it is about at the end; a traceback follows.

    >>> record = logging.makeLogRecord({"msg": "out of stock", "levelname": "INFO", "created": 0.5})
    >>> record.workflow_id = "order-7"
    >>> LineFormatter("%(levelname)s %(message)s").format(record)
    'INFO out of stock [workflow_id=order-7]'
    """

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's name
        """Give the line."""
        facts = [(name, getattr(record, name, None)) for name in _SHOWN]
        told = " ".join(f"{name}={value}" for name, value in facts if value is not None)
        line = super().formatMessage(record)
        return f"{line} [{told}]" if told else line


def log_to_stderr(*, json: bool = False, verbosity: int = 0, with_process: bool = False) -> None:
    """Write the records of this process to stderr from now on, unless the program says otherwise.

    Args:
        json: As JSON, one object in a line.
        verbosity: 0 is INFO and above, but of chatty libraries only warnings; 1 adds DEBUG, 2 all that libraries say.
        with_process: Say in each line which process it is of.
    """
    handler = logging.StreamHandler()
    handler.addFilter(TaskFilter())
    process = "%(process)d " if with_process else ""
    handler.setFormatter(JSONFormatter() if json else LineFormatter(f"%(asctime)s %(levelname)s {process}%(message)s"))
    logging.basicConfig(handlers=[handler], level=logging.DEBUG if verbosity else logging.INFO)
    for name in _CHATTY:
        logging.getLogger(name).setLevel((logging.WARNING, logging.INFO, logging.NOTSET)[min(verbosity, 2)])
