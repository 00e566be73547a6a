"""Activity tasks: the work itself."""

import logging
import traceback
from typing import Any

from swf.actors.core import Actor, Poll
from swf.exceptions import DoesNotExistError, PollTimeout, SWFError, ValidationError
from swf.models.activity import ActivityTask

_log = logging.getLogger(__name__)

LONGEST_REASON = 256
LONGEST_DETAILS = 32_768


class TaskCanceled(SWFError):
    """Raised inside `ActivityWorker.perform` to answer that the task was canceled; its text is the details."""


class ActivityWorker(Actor[ActivityTask]):
    """Polls for activity tasks and performs them.

    Subclass it and say in `perform` what the work is:

    >>> from swf import payload
    >>> class Adder(ActivityWorker):
    ...     def perform(self, task):
    ...         return sum(payload.decode(task.input))

    What `perform` returns is the task's result. An error it raises fails the task, with the error's type and message
    as reason and its traceback as details; `TaskCanceled` answers that the task was canceled.

    See: https://docs.aws.amazon.com/amazonswf/latest/developerguide/swf-dg-develop-activity.html
    """

    def perform(self, task: ActivityTask) -> Any:
        """Do the work of a task, and return its result: a JSON value, or text that is sent as it stands."""
        raise NotImplementedError(f"{type(self).__name__} says nowhere how to perform(task).")

    def poll(self, task_list: str | None = None, identity: str | None = None) -> ActivityTask:
        """Ask SWF for an activity task, for a minute at most.

        Args:
            task_list: Another task list than the actor's own.
            identity: Another identity than the actor's own.

        Raises:
            PollTimeout: There was none.

        See: https://docs.aws.amazon.com/amazonswf/latest/apireference/API_PollForActivityTask.html
        """
        asked = Poll(task_list=self.task_list if task_list is None else task_list, identity=identity or self.identity)
        with self._in_domain():
            answer = self.connection.call("poll_for_activity_task", domain=self.domain.name, **asked.params)
        if not answer.get("taskToken"):
            raise PollTimeout(f"No activity task came on the task list {asked.task_list!r}. Poll again.")
        return ActivityTask.from_poll(self.domain, asked.task_list, answer, connection=self.connection)

    def complete(self, task_token: str, result: Any = None) -> None:
        """Answer that the task is done.

        Args:
            task_token: The task's token.
            result: A JSON value, or text that is sent as it stands; 32,768 characters at most.

        Raises:
            DoesNotExistError: SWF no longer waits for this answer.

        See: https://docs.aws.amazon.com/amazonswf/latest/apireference/API_RespondActivityTaskCompleted.html
        """
        self._task(task_token).complete(result)

    def fail(self, task_token: str, details: Any = None, reason: str | None = None) -> None:
        """Answer that the task failed.

        Args:
            task_token: The task's token.
            details: A JSON value, or text that is sent as it stands; 32,768 characters at most.
            reason: Text of 256 characters at most.

        Raises:
            DoesNotExistError: SWF no longer waits for this answer.

        See: https://docs.aws.amazon.com/amazonswf/latest/apireference/API_RespondActivityTaskFailed.html
        """
        self._task(task_token).fail(reason=reason, details=details)

    def cancel(self, task_token: str, details: Any = None) -> None:
        """Answer that the task was canceled.

        Raises:
            DoesNotExistError: SWF no longer waits for this answer.

        See: https://docs.aws.amazon.com/amazonswf/latest/apireference/API_RespondActivityTaskCanceled.html
        """
        self._task(task_token).cancel(details)

    def heartbeat(self, task_token: str, details: Any = None) -> bool:
        """Tell SWF that the task is worked on; 2,048 characters of details at most.

        Returns:
            Whether the task should be canceled.

        Raises:
            DoesNotExistError: SWF no longer waits for this task: stop working on it.

        See: https://docs.aws.amazon.com/amazonswf/latest/apireference/API_RecordActivityTaskHeartbeat.html
        """
        return self._task(task_token).heartbeat(details)

    def poll_task(self) -> ActivityTask:
        """Ask SWF for an activity task."""
        return self.poll()

    def perform_task(self, task: ActivityTask) -> None:
        """Do the work, and answer the task."""
        try:
            self._answer(task)
        except DoesNotExistError:
            _log.warning("The answer to %r of %r came too late: it is closed.", task, task.execution)

    def _answer(self, task: ActivityTask) -> None:
        try:
            result = self.perform(task)
        except TaskCanceled as canceled:
            task.cancel(str(canceled) or None)
        except (Exception, SystemExit) as error:
            self._fail(task, error)
        else:
            self._complete(task, result)

    def _complete(self, task: ActivityTask, result: Any) -> None:
        try:
            task.complete(result)
        except ValidationError as error:
            # A result that is no JSON, or too long for SWF: the decider hears of it now, and not by a timeout.
            self._fail(task, error)

    def _fail(self, task: ActivityTask, error: BaseException) -> None:
        _log.error("%r of %r failed.", task, task.execution, exc_info=error)
        task.fail(reason=failure_reason(error), details=failure_details(error))

    def _task(self, task_token: str) -> ActivityTask:
        return ActivityTask(self.domain, self.task_list, task_token, connection=self.connection)


def failure_reason(error: BaseException) -> str:
    """Give the reason of a failed task: the error's type and message, cut to what SWF takes."""
    return f"{type(error).__name__}: {error}"[:LONGEST_REASON]


def failure_details(error: BaseException) -> str:
    """Give the details of a failed task: the end of the traceback, which is what tells most when it is too long."""
    return "".join(traceback.format_exception(error))[-LONGEST_DETAILS:]
