"""A plan for a pull request."""

from swf.models import ActivityType, Domain
from swf.sync import Plan, markdown
from swf.sync.asking import Registered
from swf.sync.comparing import domain_item, type_item
from swf.sync.items import Item

SHOP = Domain("shop", retention_period=7)


def plan_of(*items):
    return Plan(region="eu-west-1", items=items)


def test_without_anything_to_do_there_is_no_coloured_block():
    plan = plan_of(domain_item(SHOP, None, Registered(domain=SHOP)))

    assert markdown(plan) == (
        "### SWF in eu-west-1: 1 unchanged\n\n"
        "<details>\n<summary>1 that stays as it is</summary>\n\n```\n= domain shop\n```\n\n</details>\n\n"
        f"Fingerprint: `{plan.fingerprint}`\n"
    )


def test_what_changes_stands_in_a_block_that_is_coloured():
    plan = plan_of(
        type_item(ActivityType("shop", "Pack", "1"), None),
        Item(action="deprecate", kind="activity", domain="shop", name="Old", version="2"),
    )

    assert markdown(plan) == (
        "### SWF in eu-west-1: 1 to register, 1 to deprecate\n\n"
        "```diff\n+ activity Pack 1 (shop)\n- activity Old 2 (shop): not declared: will be deprecated\n```\n\n"
        f"Fingerprint: `{plan.fingerprint}`\n"
    )


def test_backticks_and_line_ends_in_texts_do_not_end_the_block():
    plan = plan_of(type_item(ActivityType("shop", "```", "1", description="a\n````\nb"), None))

    assert "\n`````diff\n+ activity ``` 1 (shop): description='a\\n````\\nb'\n`````\n" in markdown(plan)
