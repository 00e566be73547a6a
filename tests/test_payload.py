import asyncio
import base64
import contextvars
import math
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swf import payload
from swf.exceptions import ValidationError


class Base64Codec:
    def encode(self, value):
        return base64.b64encode(value).decode()

    def decode(self, text):
        return base64.b64decode(text)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"id": 7, "paid": True, "note": None}, '{"id":7,"paid":true,"note":null}'),
        ([1, 2.5], "[1,2.5]"),
        (7, "7"),
        (False, "false"),
        (0, "0"),
        ([], "[]"),
        ({"dish": "Käse 🧀"}, '{"dish":"Käse 🧀"}'),
    ],
)
def test_a_json_value_becomes_text_and_comes_back(value, text):
    assert payload.encode(value) == text
    assert payload.decode(text) == value


@pytest.mark.parametrize("text", ["as it stands", "", "{not json", "2020-01-01"])
def test_a_text_that_is_no_json_goes_through_in_both_directions(text):
    assert payload.encode(text) == text
    assert payload.decode(text) == text


def test_a_text_is_sent_as_it_stands_even_when_it_is_json():
    assert payload.encode('{"id":7}') == '{"id":7}'


def test_none_is_absent_in_both_directions():
    assert payload.encode(None) is None
    assert payload.decode(None) is None


@pytest.mark.parametrize("value", [object(), {"when": {1, 2}}, math.nan, math.inf, {("a", "b"): 1}])
def test_a_value_that_is_no_json_is_refused_with_a_way_out(value):
    with pytest.raises(ValidationError, match=r"cannot be written as JSON: .* swf\.payload\.use\(codec\)"):
        payload.encode(value)


def test_a_value_that_holds_itself_is_refused():
    value = []
    value.append(value)

    with pytest.raises(ValidationError, match="Circular reference"):
        payload.encode(value)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda children: st.lists(children) | st.dictionaries(st.text(), children),
    max_leaves=10,
)


@given(value=st.lists(JSON) | st.dictionaries(st.text(), JSON) | st.integers() | st.booleans())
def test_any_json_value_but_text_comes_back_as_it_was(value):
    assert payload.decode(payload.encode(value)) == value


def test_a_codec_is_in_force_inside_its_block_only():
    codec = Base64Codec()

    with payload.use(codec) as used:
        inside = payload.encode(b"secret")
        back = payload.decode(inside)

    assert used is codec
    assert (inside, back) == ("c2VjcmV0", b"secret")
    assert payload.encode("c2VjcmV0") == "c2VjcmV0"
    assert payload.codec() is not codec


def test_blocks_of_codecs_nest():
    outer, inner = Base64Codec(), payload.JSONCodec()

    with payload.use(outer):
        with payload.use(inner):
            assert payload.codec() is inner
        assert payload.codec() is outer


def test_a_codec_ends_with_its_block_when_the_block_raises():
    before = payload.codec()

    with pytest.raises(KeyError), payload.use(Base64Codec()):
        raise KeyError

    assert payload.codec() is before


@pytest.mark.parametrize("value", [5, {"id": 7}, b'{"id":7}', True])
def test_what_is_no_text_is_not_decoded(value):
    with pytest.raises(ValidationError, match=r"is no text\. Give what SWF holds, before it was decoded"):
        payload.decode(value)


@pytest.mark.parametrize("codec", [5, None, "json", Base64Codec, object()])
def test_what_is_no_codec_is_refused(codec):
    before = payload.codec()

    with pytest.raises(ValidationError, match=r"is no codec. Give an object with the methods encode\(value\)"):
        payload.set_codec(codec)
    with pytest.raises(ValidationError, match="is no codec"), payload.use(codec):
        pass

    assert payload.codec() is before


def test_none_never_reaches_a_codec():
    with payload.use(Base64Codec()):
        assert payload.encode(None) is None
        assert payload.decode(None) is None


def test_a_codec_of_a_block_is_not_seen_by_another_thread():
    seen = []
    before = payload.codec()

    with payload.use(Base64Codec()):
        thread = threading.Thread(target=lambda: seen.append(payload.codec()))
        thread.start()
        thread.join()

    assert seen == [before]


def test_tasks_running_at_the_same_time_have_their_own_codecs():
    async def inside(codec):
        with payload.use(codec):
            await asyncio.sleep(0)
            return payload.codec()

    async def both():
        first, second = Base64Codec(), Base64Codec()
        return [first, second] == list(await asyncio.gather(inside(first), inside(second)))

    assert asyncio.run(both())


@pytest.fixture
def usual_codec():
    usual = payload.codec()
    yield usual
    payload.set_codec(usual)


def test_the_codec_of_the_process_is_used_wherever_no_block_says_otherwise(usual_codec):
    codec = Base64Codec()

    payload.set_codec(codec)

    assert contextvars.Context().run(payload.codec) is codec
    with payload.use(usual_codec):
        assert payload.codec() is usual_codec
