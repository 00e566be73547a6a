"""An actor that works on one task and ends."""

import threading
import time

import pytest

from swf.actors import ActivityWorker
from swf.actors.one_task import run_one_task
from swf.exceptions import PollTimeout, ValidationError


class Packer(ActivityWorker):
    def perform(self, task):
        return "packed"


def test_the_time_may_be_over_before_the_actor_has_begun(domain):
    class Slow(Packer):
        def register(self):
            time.sleep(0.2)

    slow = Slow(domain, "packing")
    ended_by = []

    def run():
        try:
            run_one_task(slow, timeout=0.01)
        except PollTimeout as error:
            ended_by.append(str(error))

    running = threading.Thread(target=run, daemon=True)
    running.start()
    running.join(20)
    slow.stop()

    assert ended_by == ["No task came to the task list 'packing' of the domain 'shop'."]


@pytest.mark.parametrize("timeout", [0, -1.0, float("nan")])
def test_no_time_at_all_is_refused(domain, timeout):
    with pytest.raises(ValidationError, match="must be more than 0 seconds"):
        run_one_task(Packer(domain, "packing"), timeout=timeout)
