"""in_bulk() tells which keys it takes."""

import pytest

from swf.exceptions import ValidationError
from swf.querysets import ActivityTypeQuerySet, DomainQuerySet, WorkflowExecutionQuerySet


@pytest.mark.parametrize(
    ("queryset", "keys", "told"),
    [
        (
            ActivityTypeQuerySet("shop"),
            ["Order"],
            "does not tell a ActivityType",
        ),
        (WorkflowExecutionQuerySet("shop"), ["o1"], r"Give pairs \(workflow_id, run_id\)"),
        (WorkflowExecutionQuerySet("shop"), "o1", "takes a list of keys, not the text 'o1'"),
        (DomainQuerySet(), [("shop", "1")], "Give names"),
        (DomainQuerySet(), 5, "5 is no list of keys. Give names, in a list"),
    ],
)
def test_a_key_that_tells_no_object_is_refused_before_anything_is_sent(queryset, keys, told):
    with pytest.raises(ValidationError, match=told):
        queryset.in_bulk(keys)
