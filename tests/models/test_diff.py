import copy
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swf.exceptions import ValidationError
from swf.models import Difference, ModelDiff
from swf.models.base import Count, number

triples = st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 2), st.integers(0, 2)))


def test_a_diff_prints_as_it_is_written():
    assert repr(ModelDiff(("status", "REGISTERED", "DEPRECATED"))) == (
        "ModelDiff(Difference('status', 'REGISTERED', 'DEPRECATED'))"
    )
    assert repr(ModelDiff()) == "ModelDiff()"


def test_only_what_differs_is_kept():
    diff = ModelDiff(("status", "REGISTERED", "DEPRECATED"), ("name", "shop", "shop"))

    assert diff.differing_fields() == ["status"]


@pytest.mark.parametrize("triple", [5, None, "abc", ("status", "REGISTERED"), {"status": 1}])
def test_what_is_no_difference_is_refused(triple):
    with pytest.raises(ValidationError, match=r"is no difference\. Give \(attribute, value here, value in SWF\)"):
        ModelDiff(triple)


def test_only_diffs_are_merged():
    with pytest.raises(ValidationError, match=r"\[\] is no ModelDiff"):
        ModelDiff().merge([])


def test_a_diff_is_true_when_something_differs():
    assert ModelDiff(("status", "REGISTERED", "DEPRECATED"))
    assert not ModelDiff()


def test_a_diff_is_a_sequence_of_differences():
    diff = ModelDiff(("status", "REGISTERED", "DEPRECATED"), ("retention_period", 30, 7))

    assert len(diff) == 2
    assert diff[1] == Difference("retention_period", 30, 7)
    assert (diff[0].attr, diff[0].local, diff[0].upstream) == ("status", "REGISTERED", "DEPRECATED")
    assert [difference.attr for difference in diff] == ["status", "retention_period"]
    assert diff.as_list() == [("status", "REGISTERED", "DEPRECATED"), ("retention_period", 30, 7)]


def test_an_attribute_is_in_the_diff_when_it_differs():
    diff = ModelDiff(("status", "REGISTERED", "DEPRECATED"))

    assert "status" in diff
    assert Difference("status", "REGISTERED", "DEPRECATED") in diff
    assert "name" not in diff


def test_adding_and_merging_give_new_diffs():
    diff = ModelDiff(("status", "REGISTERED", "DEPRECATED"))

    added = diff.add_input(("retention_period", 30, 7), ("name", "shop", "shop"))
    merged = diff.merge(ModelDiff(("description", None, "x")))

    assert added.differing_fields() == ["status", "retention_period"]
    assert merged.differing_fields() == ["status", "description"]
    assert diff.differing_fields() == ["status"]


def test_diffs_are_equal_by_their_differences():
    diff = ModelDiff(("status", "REGISTERED", "DEPRECATED"))

    assert diff == ModelDiff(("status", "REGISTERED", "DEPRECATED"), ("name", 1, 1))
    assert diff == [("status", "REGISTERED", "DEPRECATED")]
    assert ModelDiff() == []
    assert diff != ModelDiff()
    assert hash(diff) == hash(ModelDiff(("status", "REGISTERED", "DEPRECATED")))


def test_a_diff_can_be_copied_and_pickled():
    diff = ModelDiff(("status", "REGISTERED", "DEPRECATED"))

    assert copy.deepcopy(diff) == diff
    assert pickle.loads(pickle.dumps(diff)) == diff


@given(triples, triples)
def test_merging_is_adding_the_differences_of_the_other(ours, theirs):
    merged = ModelDiff(*ours).merge(ModelDiff(*theirs))

    assert merged == ModelDiff(*ours).add_input(*ModelDiff(*theirs))
    assert len(merged) == len(set(merged.differing_fields()))


def test_a_truncated_count_prints_with_a_plus():
    count = Count(1000, truncated=True)

    assert repr(count) == f"{count}" == "1000+"
    assert count == 1000
    assert count.truncated


def test_a_whole_count_prints_as_a_number():
    assert repr(Count(7)) == "7"
    assert not Count(7).truncated


def test_a_count_can_be_pickled():
    count = pickle.loads(pickle.dumps(Count(1000, truncated=True)))

    assert (count, count.truncated) == (1000, True)


def test_numbers_may_be_written_as_text():
    assert [number(value) for value in ("300", "-5", 7, None, "NONE", "soon", "")] == [
        300,
        -5,
        7,
        None,
        "NONE",
        "soon",
        "",
    ]
