"""Codecs in workflows: what they need is theirs, and what they cannot do now fails no execution."""

import json
import os
import time

import pytest

from swf import payload
from swf.exceptions import ProgramError
from swf.models.event import LambdaFunctionCompleted
from swf.workflows import (
    LambdaFunction,
    Replayer,
    SideEffectFailed,
    Workflow,
    activity,
    side_effect,
    signal,
    wait_condition,
)


@activity(task_list="math")
def add(a, b):
    return a + b


class Sealed:
    """A codec that notes what it is given, and breaks when it is told to."""

    def __init__(self):
        self.broken = False
        self.written = []

    def encode(self, value):
        self._require_whole()
        self.written.append(value)
        return json.dumps({"sealed": value})

    def decode(self, text):
        self._require_whole()
        return json.loads(text)["sealed"]

    def _require_whole(self):
        if self.broken:
            raise ConnectionError("the store is down")


@pytest.fixture
def codec():
    with payload.use(Sealed()) as codec:
        yield codec


class Sum(Workflow):
    task_list = "sums"

    def __init__(self):
        self.more = None

    @signal
    def add(self, more):
        self.more = more

    @signal(name="add later")
    async def add_later(self, more):
        self.more = more

    async def run(self, first):
        await wait_condition(lambda: self.more)
        try:
            return await add(first, self.more)
        except ConnectionError:
            return "went on without"


def require_unanswered(codec, environment, execution, actors):
    """See that the decision task is not answered, and have SWF give it again when the codec is whole."""
    with pytest.raises(ProgramError, match="the store is down"):
        environment.run(execution, *actors)
    codec.broken = False
    environment.clock.advance(seconds=30)


def test_an_input_that_the_codec_cannot_read_now_is_read_later(play, codec):
    play.activities = [add]
    actors = [*play.deciders(Sum), *play.workers()]
    execution = Sum.start(play.domain, 3)
    execution.signal("add", 4)

    codec.broken = True
    require_unanswered(codec, play.environment, execution, actors)

    assert play.environment.run(execution, *actors).result() == 7


@pytest.mark.parametrize("name", ["add", "add later"])
def test_a_signal_that_the_codec_cannot_read_now_is_read_later(play, step, codec, name):
    play.activities = [add]
    actors = [*play.deciders(Sum), *play.workers()]
    execution = Sum.start(play.domain, 3)
    step(*actors)
    execution.signal(name, 4)

    codec.broken = True
    require_unanswered(codec, play.environment, execution, actors)

    assert play.environment.run(execution, *actors).result() == 7


def test_what_the_codec_cannot_write_now_fails_nothing_even_where_the_workflow_catches_it(play, codec):
    class Breaking(Workflow):
        task_list = "sums"
        breaks = True

        async def run(self):
            codec.broken, Breaking.breaks = Breaking.breaks, False
            try:
                return await add(3, 4)
            except ConnectionError:
                return "went on without"

    play.activities = [add]
    actors = [*play.deciders(Breaking), *play.workers()]
    execution = Breaking.start(play.domain)

    require_unanswered(codec, play.environment, execution, actors)

    assert play.environment.run(execution, *actors).result() == 7


def test_a_side_effect_whose_result_cannot_be_written_now_is_not_recorded_as_failed(play, codec):
    class Breaking(Workflow):
        task_list = "sums"
        breaks = True

        async def run(self):
            return side_effect(self.effect)

        def effect(self):
            codec.broken, Breaking.breaks = Breaking.breaks, False
            return "done"

    actors = play.deciders(Breaking)
    execution = Breaking.start(play.domain)

    require_unanswered(codec, play.environment, execution, actors)

    assert play.environment.run(execution, *actors).result() == "done"


def test_the_result_of_a_side_effect_is_written_once(play, codec):
    class Once(Workflow):
        task_list = "sums"

        async def run(self):
            side_effect(lambda: ["a", "b"])

    play(Once)

    assert codec.written == [["a", "b"]]


def test_a_result_with_many_quotes_fits_if_its_marker_does(play):
    class Many(Workflow):
        task_list = "sums"

        async def run(self):
            return len(side_effect(lambda: ["a"] * 5_000))

    assert play(Many).result() == 5_000


def test_one_that_does_not_fit_is_told_of(play):
    class Many(Workflow):
        task_list = "sums"

        async def run(self):
            try:
                side_effect(lambda: ["a"] * 8_000)
            except SideEffectFailed as error:
                return error.type

    assert play(Many).result() == "ValidationError"


def test_a_codec_may_do_in_a_workflow_what_the_workflow_must_not(play):
    class Encrypting(payload.JSONCodec):
        def encode(self, value):
            time.time()
            os.urandom(16)
            return super().encode(value)

    class Adding(Workflow):
        task_list = "sums"

        async def run(self):
            return await add(3, 4)

    play.activities = [add]

    with payload.use(Encrypting()):
        execution = play(Adding, check=True)
        Replayer([Adding]).replay(execution.history())

    assert execution.result() == 7


def test_a_lambda_function_gives_json_whatever_the_codec(play, codec):
    class Shouting(Workflow):
        task_list = "shouting"
        lambda_role = "arn:aws:iam::123456789012:role/swf"

        async def run(self):
            return await LambdaFunction("upcase")("hello")

    execution = play(Shouting)

    (completed,) = execution.events.filter(LambdaFunctionCompleted)
    assert completed.result == '"HELLO"'
    assert execution.result() == "HELLO"
