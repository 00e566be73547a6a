"""A plan for a pull request."""

from swf.models import ActivityType, Domain
from swf.sync import Plan, Target, markdown
from swf.sync.asking import Registered
from swf.sync.comparing import domain_item, type_item
from swf.sync.items import Item

SHOP = Domain("shop", retention_period=7)


def plan_of(*items):
    return Plan(target=Target(region="eu-west-1", account="123456789012"), items=items)


def test_without_anything_to_do_there_is_no_coloured_block():
    plan = plan_of(domain_item(SHOP, None, Registered(domain=SHOP)))

    assert markdown(plan) == (
        "### Amazon SWF, eu-west-1, account 123456789012: 1 unchanged\n\n"
        "<details>\n<summary>1 that stays as it is</summary>\n\n```\n= domain shop\n```\n\n</details>\n\n"
        f"Fingerprint: `{plan.fingerprint}`\n"
    )


def test_what_changes_stands_in_a_block_that_is_coloured():
    plan = plan_of(
        type_item(ActivityType("shop", "Pack", "1"), None),
        Item(action="deprecate", kind="activity", domain="shop", name="Old", version="2"),
    )

    assert markdown(plan) == (
        "### Amazon SWF, eu-west-1, account 123456789012: 1 to register, 1 to deprecate\n\n"
        "```diff\n+ activity Pack 1 (shop)\n- activity Old 2 (shop): not declared: will be deprecated\n```\n\n"
        f"Fingerprint: `{plan.fingerprint}`\n"
    )


def test_backticks_and_line_ends_in_texts_do_not_end_the_block():
    plan = plan_of(type_item(ActivityType("shop", "```", "1", description="a\n````\nb"), None))

    assert "\n`````diff\n+ activity ``` 1 (shop): description='a\\n````\\nb'\n`````\n" in markdown(plan)


def test_the_path_of_a_file_is_no_markup_in_the_heading():
    plan = Plan(target=Target(region="eu-west-1", endpoint="local:/tmp/*a* `b`.db"), items=())

    assert markdown(plan).startswith(
        "### SWF at local:/tmp/\\*a\\* \\`b\\`.db, eu-west-1, account not known (the plan holds for any): nothing is "
        "declared"
    )
