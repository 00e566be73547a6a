"""Manifests: what they are made of, and what is said of a mistake."""

import json
import types
from abc import ABC, abstractmethod

import pytest

from swf import settings
from swf.exceptions import ManifestError, MissingExtraError, ValidationError
from swf.models import ActivityType, Domain, WorkflowType
from swf.sync import DeclaredDomain, Manifest
from swf.workflows import Workflow, activity

SHOP = Domain("shop", retention_period=7, description="Orders")
ORDER = WorkflowType(
    "shop",
    "Order",
    "1.0",
    task_list="orders",
    child_policy=None,
    execution_timeout=3600,
    decision_tasks_timeout="NONE",
)
CHARGE = ActivityType("shop", "Charge", "1.10", task_list="payments", task_heartbeat_timeout=30)
MANIFEST = Manifest((DeclaredDomain(SHOP, (ORDER,), (CHARGE,), {"team": "orders"}),))

TOML = """\
[[domains]]
name = "shop"
description = "Orders"
retention_period = 7
tags = { "team" = "orders" }

[[domains.workflows]]
name = "Order"
version = "1.0"
task_list = "orders"
execution_timeout = 3600
decision_tasks_timeout = "NONE"

[[domains.activities]]
name = "Charge"
version = "1.10"
task_list = "payments"
task_heartbeat_timeout = 30
"""

JSON = """\
{
  "domains": [
    {
      "name": "shop",
      "description": "Orders",
      "retention_period": 7,
      "tags": {
        "team": "orders"
      },
      "workflows": [
        {
          "name": "Order",
          "version": "1.0",
          "task_list": "orders",
          "execution_timeout": 3600,
          "decision_tasks_timeout": "NONE"
        }
      ],
      "activities": [
        {
          "name": "Charge",
          "version": "1.10",
          "task_list": "payments",
          "task_heartbeat_timeout": 30
        }
      ]
    }
  ]
}
"""

YAML = """\
domains:
- name: shop
  description: Orders
  retention_period: 7
  tags:
    team: orders
  workflows:
  - name: Order
    version: '1.0'
    task_list: orders
    execution_timeout: 3600
    decision_tasks_timeout: NONE
  activities:
  - name: Charge
    version: '1.10'
    task_list: payments
    task_heartbeat_timeout: 30
"""

TEXTS = [("toml", TOML), ("json", JSON), ("yaml", YAML)]


@pytest.mark.parametrize(("form", "text"), TEXTS)
def test_a_manifest_is_read_from_text(form, text):
    assert Manifest.loads(text, form) == MANIFEST


@pytest.mark.parametrize(("form", "text"), TEXTS)
def test_a_manifest_is_written_as_text(form, text):
    assert MANIFEST.dumps(form) == text


@pytest.mark.parametrize(
    ("name", "text"), [("m.toml", TOML), ("m.json", JSON), ("m.yaml", YAML), ("m.yml", YAML), ("m.TOML", TOML)]
)
def test_a_file_is_read_by_its_suffix(tmp_path, name, text):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")

    assert Manifest.load(path) == MANIFEST


def test_a_file_may_begin_with_a_byte_order_mark(tmp_path):
    path = tmp_path / "m.json"
    path.write_text(f"\ufeff{JSON}", encoding="utf-8")

    assert Manifest.load(path) == MANIFEST


def test_numbers_may_be_written_as_swf_writes_them():
    text = TOML.replace("3600", '"3600"').replace("= 30\n", '= "30"\n')

    assert Manifest.loads(text) == MANIFEST


def test_what_a_file_leaves_out_has_no_default():
    text = '[[domains]]\nname = "shop"\n[[domains.workflows]]\nname = "Order"\nversion = "1"\n'

    [domain] = Manifest.loads(text).domains

    assert domain.domain.retention_period is None
    [order] = domain.workflow_types
    assert (order.child_policy, order.execution_timeout, order.decision_tasks_timeout) == (None, None, None)


# Python values


def module(**variables):
    made = types.ModuleType("shop")
    vars(made).update(variables)
    return made


def test_a_module_declares_the_values_among_its_variables():
    made = module(
        shop=SHOP, order=ORDER, again=ORDER, number=5, more=Manifest.of(CHARGE, tags={"shop": {"team": "orders"}})
    )

    assert Manifest.of_module(made) == MANIFEST


@activity(version="2.0", task_list="packing", start_to_close_timeout=60)
def pack(order: str) -> str:
    return order


class Abstract(Workflow, ABC):
    @abstractmethod
    async def run(self) -> None: ...


class Shipping(Workflow):
    version = "1.1"
    task_list = "shipping"
    execution_timeout = 3600

    async def run(self, order: str) -> str:
        return await pack(order)


def test_declared_workflows_and_activities_are_types_of_the_domain_that_is_named(monkeypatch):
    made = module(Workflow=Workflow, Abstract=Abstract, Shipping=Shipping, pack=pack, again=pack)
    monkeypatch.setenv("SWF_DOMAIN", "elsewhere")

    [domain] = Manifest.of_module(made, domain="shop").domains

    assert domain.name == "shop"
    assert domain.types == (Shipping.registration("shop"), pack.registration("shop"))
    assert [each.name for each in Manifest.of(Shipping).domains] == ["elsewhere"]


def test_declared_workflows_need_a_domain():
    with pytest.raises(ManifestError, match="shop:Shipping does not say in which domain"):
        Manifest.of_module(module(Shipping=Shipping))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (ORDER, [ORDER]),
        ([ORDER, CHARGE], [ORDER, CHARGE]),
        ((CHARGE, Manifest.of(ORDER)), [ORDER, CHARGE]),
        (MANIFEST, [ORDER, CHARGE]),
    ],
)
def test_a_variable_of_a_module_may_be_a_value_or_several(value, expected):
    [domain] = Manifest.of_module(module(these=value, others=[Domain("other")]), "these").domains

    assert list(domain.types) == expected


def test_a_domain_that_only_types_name_says_nothing_of_itself():
    [domain] = Manifest.of(ORDER).domains

    assert domain == DeclaredDomain(Domain("shop", retention_period=None), (ORDER,))
    assert not domain.is_said


def test_types_of_several_domains_are_told_apart():
    other = WorkflowType("other", "Order", "1.0")

    manifest = Manifest.of(ORDER, other, SHOP)

    assert [(domain.name, domain.types) for domain in manifest.domains] == [("shop", (ORDER,)), ("other", (other,))]


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (
            lambda: Manifest.of(ORDER, WorkflowType("shop", "Order", "1.0")),
            "WorkflowType('Order', '1.0') declares WorkflowType('Order', '1.0') otherwise than",
        ),
        (
            lambda: Manifest.of_module(module(a=SHOP, b=Domain("shop", retention_period=9))),
            "shop:b declares Domain('shop') otherwise than shop:a does. Keep one of them, or give one another version.",
        ),
        (
            lambda: Manifest.of_module(
                module(
                    a=Manifest.of(ORDER, SHOP, tags={"shop": {"team": "orders"}}),
                    b=Manifest.of(SHOP, tags={"shop": {"team": "kitchen"}}),
                )
            ),
            "shop:b declares {'team': 'kitchen'} otherwise than shop:a does.",
        ),
        (lambda: Manifest.of("shop"), "'shop' is 'shop', and nothing that can be registered. Give a Domain, "),
        (lambda: Manifest.of(ORDER, tags={"shpo": {}}), "There are tags for a domain 'shpo', of which nothing is"),
        (lambda: Manifest.of_module(module(a=1)), "The module shop declares nothing: none of its variables is a Dom"),
        (
            lambda: Manifest.of_module(module(order=ORDER), "ordr"),
            "The module shop has no 'ordr'. Did you mean 'order'? It declares: order.",
        ),
        (lambda: Manifest.of_module(module(a=1), "b"), "The module shop has no 'b'. Nor does it declare anything else"),
        (lambda: Manifest.of_module(module(a=[1]), "a"), "shop:a[0] is 1, and nothing that can be registered."),
        (lambda: Manifest((DeclaredDomain(SHOP), DeclaredDomain(SHOP))), "The domain 'shop' is declared more than on"),
        (
            lambda: Manifest.of(SHOP, tags={"shop": {"AWS:x": "1"}}),
            "The domain 'shop' has the tag 'AWS:x', which is AWS's own. Leave it out.",
        ),
        (
            lambda: Manifest.of(SHOP, tags={"shop": {f"k{number}": "" for number in range(51)}}),
            "The domain 'shop' has 51 tags. Leave 50 at most.",
        ),
        (lambda: MANIFEST.only("shpo"), "The manifest declares no domain 'shpo'. Did you mean 'shop'? It has: shop."),
    ],
)
def test_values_that_make_no_manifest_are_refused(make, said):
    with pytest.raises(ManifestError) as refused:
        make()

    assert said in str(refused.value)


def test_tags_that_swf_would_refuse_are_refused_when_they_are_declared():
    with pytest.raises(ValidationError, match="value 5 must be text"):
        DeclaredDomain(SHOP, tags={"team": 5})


def test_a_format_that_is_none_is_refused():
    with pytest.raises(ValidationError, match="'xml' is no format of manifests"):
        MANIFEST.dumps("xml")


# Mistakes in files


def refused(text, form="toml", **options):
    with pytest.raises(ManifestError) as error:
        Manifest.loads(text, form, name=f"shop.{form}", **options)
    return error.value


HEAD = '[[domains]]\nname = "shop"\n'
ACTIVITY = f'{HEAD}[[domains.activities]]\nname = "Charge"\nversion = "1.0"\n'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            HEAD + "retention = 7",
            "shop.toml: domains[0].retention: is no key that is known here. Did you mean 'retention_period'? There are"
            ": name, description, retention_period, tags, workflows, activities.",
        ),
        (
            ACTIVITY + 'defaultTaskList = "x"',
            "shop.toml: domains[0].activities[0].defaultTaskList: is no key that is known here. Write task_list. ",
        ),
        (ACTIVITY + "status = 1", "shop.toml: domains[0].activities[0].status: is no key that is known here. "),
        ("domain = []", "shop.toml: domain: is no key that is known here. Did you mean 'domains'?"),
        ("", "shop.toml: declares no domain. Write a table [[domains]] with a name, in TOML, or a list "),
        ("domains = 1", "shop.toml: domains: is a number, and must be a list of tables. Write [[...]] in TOML."),
        ("domains = [1]", "shop.toml: domains[0]: is a number, and must be a table. Write name, "),
        (
            ACTIVITY.replace('"1.0"', "1.10"),
            'shop.toml: domains[0].activities[0].version: 1.10 must be text. Write it in quotes: "1.10".',
        ),
        (ACTIVITY.replace('"1.0"', "true"), 'version: true must be text. Write it in quotes: "true".'),
        (ACTIVITY.replace('"1.0"', "[1]"), "version: a list must be text."),
        (ACTIVITY.replace('"1.0"', "2024-01-01"), 'version: 2024-01-01 must be text. Write it in quotes: "2024-01-01"'),
        (
            ACTIVITY.replace('version = "1.0"', ""),
            'domains[0].activities[0]: has no version. Write one in quotes, such as version = "1.0".',
        ),
        (
            ACTIVITY.replace('"Charge"', '"a:b"'),
            "activities[0].name: 'a:b' contains ':', which SWF refuses where a type is registered (Invalid name: a:b).",
        ),
        (
            ACTIVITY + 'task_start_to_close_timeout = "5m"',
            "domains[0].activities[0].task_start_to_close_timeout: '5m' must be a whole number. Write whole seconds, "
            'such as 300, or "NONE".',
        ),
        (ACTIVITY + "task_heartbeat_timeout = -1", "task_heartbeat_timeout: -1 must be at least 0. Write whole sec"),
        (ACTIVITY + "task_heartbeat_timeout = 1.5", "task_heartbeat_timeout: 1.5 must be a whole number. Write who"),
        (ACTIVITY + "task_heartbeat_timeout = {}", "task_heartbeat_timeout: a table must be a whole number. Write "),
        (ACTIVITY + "task_priority = 1.5", "task_priority: 1.5 must be a whole number. Write a whole number, such "),
        (
            f'{HEAD}[[domains.workflows]]\nname="O"\nversion="1"\nexecution_timeout = "NONE"',
            "workflows[0].execution_timeout: 'NONE' is not allowed here; give a number. Write "
            "whole seconds, such as 300.",
        ),
        (
            f'{HEAD}[[domains.workflows]]\nname="O"\nversion="1"\nchild_policy = "KILL"',
            "workflows[0].child_policy: 'KILL' must be one of TERMINATE, REQUEST_CANCEL, ABANDON.",
        ),
        (HEAD + "retention_period = 91", "retention_period: 91 must be at most 90. Write whole days, such as 30"),
        (HEAD + 'tags = ["a"]', 'tags: is a list, and must be a table. Write tags = { team = "orders" }, say.'),
        (HEAD + 'tags = { "aws:x" = "" }', "domains[0].tags.aws:x: is a tag that AWS gives itself. Leave it out."),
        (HEAD + "tags = { team = 5 }", 'domains[0].tags.team: 5 must be text. Write it in quotes: "5".'),
        (HEAD + 'tags = { "" = "x" }', "tags: has the key '', which has 0 characters, and must have at least 1."),
        (
            f"{HEAD}tags = {{{', '.join(f'k{number} = {chr(34) * 2}' for number in range(51))}}}",
            "domains[0].tags: has 51 tags, and may have 50 at most. Remove some.",
        ),
        (
            f'{ACTIVITY}[[domains.activities]]\nname = "Charge"\nversion = "1.0"\ntask_list = "x"',
            "shop.toml: domains[0].activities[1]: is Charge 1.0 again, which domains[0].activities[0] is. Remove one "
            "of them, or give it another version.",
        ),
        (HEAD + HEAD, "domains[1]: is the domain 'shop' again, which domains[0] is. Write both in one table."),
        (HEAD + HEAD[:10], "shop.toml is no TOML: "),
        (HEAD + 'name = "again"\n', "shop.toml is no TOML: Cannot overwrite a value (at line 3, column 15)"),
        ("x = " + "[" * 5000, "shop.toml has tables within tables too deep to be read."),
    ],
)
def test_a_mistake_in_toml_is_told_with_its_place_and_what_to_write(text, said):
    assert said in str(refused(text))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "shop.json is no JSON: Expecting property name enclosed in double quotes: line 1 column 2 (char 1)."),
        ("[]", "shop.json: is a list, and must be a table."),
        ('{"domains": [], "domains": []}', "shop.json has the key 'domains' twice in one table. Keep one of them."),
        (
            JSON.replace('"1.10"', "1.10"),
            'domains[0].activities[0].version: 1.10 must be text. Write it in quotes: "1.',
        ),
        (JSON.replace('"1.10"', "null"), "domains[0].activities[0]: has no version."),
        ("[" * 100_000, "too deep to be read"),
        (f'{{"a": {"1" * 5000}}}', "shop.json is no JSON: Exceeds the limit"),
    ],
)
def test_a_mistake_in_json_is_told(text, said):
    assert said in str(refused(text, "json"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            YAML.replace("'1.10'", "1.10"),
            "domains[0].activities[0].version (line 15): 1.10 must be text. Write it in quot",
        ),
        (
            YAML.replace("Charge", "no"),
            'domains[0].activities[0].name (line 14): no must be text. Write it in quotes: "no"',
        ),
        (
            YAML.replace("'1.10'", "2024-01-01"),
            'version (line 15): 2024-01-01 must be text. Write it in quotes: "2024-01',
        ),
        (YAML.replace("'1.10'", "2024-13-45"), "shop.yaml is no YAML: month must be in 1..12."),
        (
            YAML.replace("task_list: payments", "tasklist: x"),
            "tasklist (line 16): is no key that is known here. Did you ",
        ),
        (YAML.replace("  task_list: payments", "  ? [a]\n  : b"), "shop.yaml is no YAML: "),
        (
            YAML.replace("task_list: payments", "5: b"),
            "domains[0].activities[0].5 (line 16): is no key that is known here.",
        ),
        (
            YAML.replace("task_list: payments", "name: b"),
            "shop.yaml has the key 'name' twice in one table, the second ti",
        ),
        ("domains: [", "shop.yaml is no YAML: while parsing a flow node"),
        ("domains: \x00", "shop.yaml is no YAML: unacceptable character"),
        ("domains: !!python/object:os.system {}", "shop.yaml is no YAML: could not determine a constructor"),
        ("", "shop.yaml: is nothing, and must be a table."),
        ("a: " + "[" * 1200, "too deep to be read"),
    ],
)
def test_a_mistake_in_yaml_is_told_with_its_line(text, said):
    assert said in str(refused(text, "yaml"))


def test_yaml_may_share_what_is_the_same():
    text = YAML.replace("    task_list: payments\n", "    <<: *where\n").replace("domains:", "domains:", 1)
    shared = text.replace("  - name: Order\n", "  - name: Order\n    description: &text Orders\n").replace(
        "    <<: *where\n", "    description: *text\n    task_list: payments\n"
    )

    [domain] = Manifest.loads(shared, "yaml").domains

    assert [each.description for each in domain.types] == ["Orders", "Orders"]


def test_yaml_that_would_grow_without_end_is_told_in_a_few_words():
    lines = ["a0: &a0 [x, x]", *(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(1, 60)), "domains: *a59"]

    said = str(refused("\n".join(lines), "yaml"))

    assert "domains[0] (line 59): is a list, and must be a table." in said
    assert len(said) < 20_000


def test_all_mistakes_are_told_at_once():
    error = refused(f"{HEAD}retention = 7\n[[domains.activities]]\nversion = 1\n")

    assert [problem.partition(":")[0] for problem in error.problems] == [
        "domains[0].retention",
        "domains[0].activities[0].version",
        "domains[0].activities[0]",
    ]
    assert isinstance(error, ValidationError)


def test_a_file_that_is_missing_is_told_with_the_one_that_is_meant(tmp_path):
    (tmp_path / "shop.toml").write_text(TOML)

    with pytest.raises(ManifestError, match=r"There is no file .*shpo\.toml\. Did you mean 'shop\.toml'\?"):
        Manifest.load(tmp_path / "shpo.toml")


@pytest.mark.parametrize(("name", "content"), [("m.txt", b""), ("m.toml", b"\xff"), ("folder.json", None)])
def test_a_file_that_cannot_be_read_is_told(tmp_path, name, content):
    path = tmp_path / name
    path.mkdir() if content is None else path.write_bytes(content)

    with pytest.raises(ManifestError, match=r"Name it|Make it a text file"):
        Manifest.load(path)


# A domain without a name


NAMELESS = '[[domains]]\n[[domains.activities]]\nname = "Charge"\nversion = "1.0"\n'


def test_a_domain_without_a_name_is_the_one_that_is_given():
    [domain] = Manifest.loads(NAMELESS, domain="shop").domains

    assert domain.types == (ActivityType("shop", "Charge", "1.0"),)


def test_a_domain_without_a_name_is_the_one_of_the_settings():
    settings.set(domain="bakery")
    try:
        [domain] = Manifest.loads(NAMELESS).domains
    finally:
        settings.set(domain=None)

    assert domain.name == "bakery"


def test_without_any_domain_the_ways_to_give_one_are_told(monkeypatch, tmp_path):
    monkeypatch.delenv("SWF_DOMAIN", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))

    said = str(refused(NAMELESS))

    assert said == (
        'shop.toml: domains[0]: has no name. Write name = "shop", say; or give --domain NAME, set SWF_DOMAIN, or write '
        "domain under [defaults] in ~/.swf."
    )


def test_a_default_domain_that_can_be_none_is_refused():
    said = str(refused(NAMELESS, domain="x" * 257))

    assert "domains[0]: would be called 'xxx" in said
    assert "x', which has 257 characters, and may have 256 at most" in said


def test_yaml_without_its_extra_says_which_one(monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "yaml", None)

    with pytest.raises(MissingExtraError, match=r"YAML needs the extra 'yaml'"):
        Manifest.loads(YAML, "yaml")


def test_json_of_a_manifest_is_json():
    assert json.loads(MANIFEST.dumps("json"))["domains"][0]["name"] == "shop"
