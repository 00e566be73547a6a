"""``swf domains``, through the executable, on ``swf server``."""

import json

import pytest

ARN = "arn:aws:swf:us-east-1:123456789012:/domain/pantry"


@pytest.fixture(scope="module", autouse=True)
def pantry(swf):
    """A domain that the command line has registered."""
    done = swf("domains", "register", "pantry", "--retention-period", "3", "--tag", "team=bread", "--description", "b")
    assert (done.code, done.out, done.err) == (0, "", "Registered: pantry\n")


def test_a_domain_is_told_with_its_tags(swf):
    done = swf("domains", "show", "pantry", "-o", "table")

    assert done.out == (
        "Name         pantry\n"
        "Status       REGISTERED\n"
        "Description  b\n"
        "Retention    3 days\n"
        f"ARN          {ARN}\n"
        "Tags         team=bread\n"
    )


@pytest.mark.parametrize(
    ("form", "line"),
    [
        ("jsonl", f'{{"name": "pantry", "status": "REGISTERED", "description": "b", "arn": "{ARN}"}}'),
        ("csv", f"pantry,REGISTERED,b,{ARN}"),
        ("table", f"pantry REGISTERED b {ARN}"),
        ("yaml", "- name: pantry"),
        ("json", f'  {{"name": "pantry", "status": "REGISTERED", "description": "b", "arn": "{ARN}"}},'),
    ],
)
def test_domains_are_listed(here, form, line):
    done = here("domains", "ls", "-o", form)

    lines = done.out.splitlines()
    assert line in ([" ".join(each.split()) for each in lines] if form == "table" else lines)


def test_a_domain_without_a_name_is_that_of_the_settings(here):
    shown = json.loads(here("domains", "show", "-o", "json").out)

    assert (shown["name"], shown["retention_period"], shown["tags"]) == ("test_domains", 7, {})


def test_tags_are_added_and_removed(here):
    added = here("domains", "tag", "pantry", "stage=test", "cost=0=0", "--remove", "team", "-o", "table")
    removed = here("domains", "tag", "pantry", "--remove", "stage", "--remove", "cost", "-o", "json")
    here("domains", "tag", "pantry", "team=bread")

    assert added.out == "cost   0=0\nstage  test\n"
    assert json.loads(removed.out) == {}


def test_a_domain_is_deprecated_and_registered_again(here):
    deprecated = here("domains", "deprecate", "pantry")
    listed = here("domains", "ls", "--status", "DEPRECATED", "-o", "csv")
    again = here("domains", "undeprecate", "pantry")

    assert deprecated.err == "Deprecated: pantry. To take it back: swf domains undeprecate pantry\n"
    assert f"pantry,DEPRECATED,b,{ARN}" in listed.out.splitlines()
    assert again.err == "Registered again: pantry\n"


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["register", "pantry"], 1, "RegisterDomain was refused with DomainAlreadyExistsFault: pantry. Use another"),
        (["register", "a:b"], 64, "'a:b'"),
        (["register", "cafe", "--retention-period", "91"], 64, "retention_period"),
        (["register", "cafe", "--tag", "team"], 64, "'team' is no tag. Write it like team=orders."),
        (["show", "nowhere"], 5, "the endpoint; or register it: swf domains register nowhere\n"),
        (["deprecate", "nowhere"], 5, "the endpoint; or register it: swf domains register nowhere\n"),
        (["tag", "nowhere", "a=b"], 5, "Unknown domain: nowhere."),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_what_is_refused_is_told_with_a_remedy(here, arguments, code, said):
    done = here("domains", *arguments)

    assert (done.code, done.out) == (code, "")
    assert said in done.err
