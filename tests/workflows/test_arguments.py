"""How arguments become input, and input arguments again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swf import payload
from swf.exceptions import ValidationError
from swf.workflows.arguments import Parameters, encoded, packed

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(st.characters(exclude_categories=["Cs"])),
    lambda values: st.lists(values, max_size=3) | st.dictionaries(st.text("ab"), values, max_size=3),
    max_leaves=5,
)


def one(a): ...
def one_or_none(a=1): ...
def only_by_name(*, a): ...
def two(a, b=2): ...
def listed(*numbers): ...
def both(a, *numbers, b=1): ...
def anything(a, **more): ...
def in_place(a, /, b): ...


def given_to(function, args, kwargs):
    """Give what a function would get, sent as text and read again."""
    parameters = Parameters(function)
    text = encoded(parameters.packed(args, kwargs))
    args, kwargs = parameters.unpacked(payload.decode(text))
    return parameters._signature.bind(*args, **kwargs).arguments


@given(a=VALUES, b=VALUES, rest=st.lists(VALUES, max_size=3))
def test_what_is_given_is_what_arrives(a, b, rest):
    assert given_to(two, (a, b), {}) == {"a": a, "b": b}
    assert given_to(two, (a,), {"b": b}) == {"a": a, "b": b}
    assert given_to(both, (a, *rest), {"b": b}) == {"a": a, "b": b, **({"numbers": tuple(rest)} if rest else {})}
    assert given_to(anything, (a,), {"more": b}) == {"a": a, "more": {"more": b}}
    assert given_to(in_place, (a, b), {}) == {"a": a, "b": b}
    assert given_to(only_by_name, (), {"a": a}) == {"a": a}
    assert given_to(one, (a,), {}) == {"a": a}
    assert given_to(listed, tuple(rest), {}) == ({"numbers": tuple(rest)} if rest else {})


@pytest.mark.parametrize(
    ("function", "sent", "arguments"),
    [
        (one, None, {"a": None}),
        (one_or_none, None, {}),
        (two, [1, 2], {"a": 1, "b": 2}),
        (two, 1, {"a": 1}),
        (two, {"b": 1, "a": 2}, {"a": 2, "b": 1}),
        (listed, [1, 2], {"numbers": (1, 2)}),
        (listed, 7, {"numbers": (7,)}),
        (both, {"a": 1, "numbers": [2, 3]}, {"a": 1, "numbers": (2, 3)}),
    ],
)
def test_input_of_other_clients_is_understood(function, sent, arguments):
    parameters = Parameters(function)
    args, kwargs = parameters.unpacked(sent)

    assert parameters._signature.bind(*args, **kwargs).arguments == arguments


@pytest.mark.parametrize(("function", "sent"), [(two, {"c": 1}), (two, None), (two, [1, 2, 3]), (lambda: None, 7)])
def test_input_that_does_not_fit_is_refused(function, sent):
    with pytest.raises(ValidationError, match="does not fit"):
        Parameters(function).unpacked(sent)


def test_arguments_and_keywords_of_what_is_known_by_name_are_refused():
    with pytest.raises(TypeError, match="give it arguments, or keywords, not both"):
        packed("Resize", (1,), {"a": 2})
