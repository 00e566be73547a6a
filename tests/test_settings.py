import os
import warnings
from pathlib import Path

import pytest

from swf import settings
from swf.exceptions import ConfigurationError, ValidationError

VARIABLES = (
    "SWF_CONFIG",
    "SWF_DOMAIN",
    "SWF_ENDPOINT_URL",
    "AWS_ENDPOINT_URL",
    "AWS_ENDPOINT_URL_SWF",
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
    "AWS_REGION",
    "AWS_DEFAULT_REGION",
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_SECURITY_TOKEN",
)


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    for variable in VARIABLES:
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    settings.clear()
    yield tmp_path
    settings.clear()


@pytest.fixture
def write(home):
    def write(text, mode=0o600):
        path = home / ".swf"
        path.write_text(text)
        path.chmod(mode)
        return path

    return write


def test_without_any_source_everything_is_left_to_boto3():
    found = settings.resolve()

    assert found["region"] is None
    assert found["endpoint_url"] is None
    assert found.credentials == {}


def test_the_file_comes_before_the_environment(write, monkeypatch):
    write("[defaults]\nregion = eu-west-1\n")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-west-2")

    assert settings.get("region") == "eu-west-1"


def test_set_comes_before_the_file(write):
    write("[defaults]\nregion = eu-west-1\n")

    settings.set(region="sa-east-1")

    assert settings.get("region") == "sa-east-1"


def test_what_is_given_comes_before_what_was_set():
    settings.set(region="sa-east-1")

    assert settings.resolve(region="us-west-2")["region"] == "us-west-2"


def test_each_value_comes_from_the_first_source_that_has_it(write, monkeypatch):
    write("[defaults]\nregion = eu-west-1\n")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-west-2")
    monkeypatch.setenv("SWF_DOMAIN", "shop")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDENVIRONMENT1")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    settings.set(endpoint_url="http://localhost:8080")

    found = settings.resolve()

    assert found["region"] == "eu-west-1"
    assert found["domain"] == "shop"
    assert found["endpoint_url"] == "http://localhost:8080"
    assert found["aws_access_key_id"] == "AKIDENVIRONMENT1"


@pytest.mark.parametrize(
    ("name", "variable"),
    [
        ("region", "AWS_REGION"),
        ("region", "AWS_DEFAULT_REGION"),
        ("endpoint_url", "SWF_ENDPOINT_URL"),
        ("endpoint_url", "AWS_ENDPOINT_URL_SWF"),
        ("endpoint_url", "AWS_ENDPOINT_URL"),
        ("domain", "SWF_DOMAIN"),
        ("profile", "AWS_PROFILE"),
        ("profile", "AWS_DEFAULT_PROFILE"),
    ],
)
def test_a_variable_of_the_environment_counts(name, variable, monkeypatch):
    monkeypatch.setenv(variable, "some-value")

    assert settings.get(name) == "some-value"


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("AWS_REGION", "AWS_DEFAULT_REGION"),
        ("SWF_ENDPOINT_URL", "AWS_ENDPOINT_URL_SWF"),
        ("AWS_ENDPOINT_URL_SWF", "AWS_ENDPOINT_URL"),
    ],
)
def test_the_more_special_variable_wins(first, second):
    environ = {second: "general", first: "special"}

    assert list(settings.from_env(environ).values()) == ["special"]


def test_an_empty_variable_counts_as_none():
    assert settings.from_env({"AWS_REGION": "", "AWS_DEFAULT_REGION": "eu-west-1"}) == {"region": "eu-west-1"}


def test_endpoints_for_all_of_aws_can_be_ignored():
    environ = {"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true", "AWS_ENDPOINT_URL_SWF": "http://localhost:1"}

    assert settings.from_env(environ) == {}


def test_swf_config_names_another_file(tmp_path, monkeypatch, write):
    write("[defaults]\nregion = eu-west-1\n")
    other = tmp_path / "other.ini"
    other.write_text("[defaults]\nregion = us-west-2\n")
    other.chmod(0o600)
    monkeypatch.setenv("SWF_CONFIG", str(other))

    assert settings.get("region") == "us-west-2"


def test_a_file_that_swf_config_names_must_be_there(tmp_path, monkeypatch):
    monkeypatch.setenv("SWF_CONFIG", str(tmp_path / "missing"))

    with pytest.raises(ConfigurationError, match=r"There is no file .*missing"):
        settings.resolve()


def test_all_that_a_file_may_hold_is_read(write):
    path = write(
        "[credentials]\naws_access_key_id = AKIDFILE\naws_secret_access_key = a%sb\naws_session_token = token\n"
        "[defaults]\nregion = eu-west-1\nendpoint_url = local:shop.db\ndomain = shop\n"
    )

    assert settings.from_file(path) == {
        "aws_access_key_id": "AKIDFILE",
        "aws_secret_access_key": "a%sb",
        "aws_session_token": "token",
        "region": "eu-west-1",
        "endpoint_url": "local:shop.db",
        "domain": "shop",
    }


def test_a_key_without_a_value_counts_as_absent(write, monkeypatch):
    write("[credentials]\naws_access_key_id\naws_secret_access_key =\n[defaults]\nregion\n")
    monkeypatch.setenv("AWS_REGION", "us-west-2")

    assert settings.get("region") == "us-west-2"
    assert settings.resolve().credentials == {}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("no section", "cannot be read as INI"),
        ("[defaults]\nregion = a\nregion = b\n", "cannot be read as INI"),
        ("[default]\nregion = a\n", r"\[default\], which is not known. There are: \[credentials\] and \[defaults\]"),
        ("[defaults]\nzone = a\n", "zone in .defaults., which is not known. There are: region, endpoint_url, domain"),
        ("[credentials]\nregion = a\n", "There are: aws_access_key_id, aws_secret_access_key, aws_session_token"),
    ],
)
def test_a_file_that_makes_no_sense_is_refused(write, text, message):
    write(text)

    with pytest.raises(ConfigurationError, match=message):
        settings.resolve()


def test_a_directory_in_place_of_the_file_is_refused(home):
    (home / ".swf").mkdir()

    with pytest.raises(ConfigurationError, match="is a directory"):
        settings.resolve()


def test_a_file_that_is_no_text_is_refused(home):
    (home / ".swf").write_bytes(b"\xff\xfe\x00")

    with pytest.raises(ConfigurationError, match="cannot be read"):
        settings.resolve()


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX's")
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644])
def test_a_file_that_others_may_read_is_warned_about_once(write, mode):
    path = write("[defaults]\nregion = eu-west-1\n", mode)

    with pytest.warns(UserWarning, match=f"chmod 600 {path}"):
        settings.resolve()

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert settings.get("region") == "eu-west-1"


@pytest.mark.parametrize("present", ["aws_access_key_id", "aws_secret_access_key", "aws_session_token"])
def test_half_of_the_credentials_is_refused(present):
    with pytest.raises(ConfigurationError, match=r"Credentials from given to connect\(\) have"):
        settings.resolve(**{present: "x"})


def test_key_and_secret_never_come_from_two_sources(write, monkeypatch):
    write("[credentials]\naws_access_key_id = AKIDFILE\n")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDENVIRONMENT")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")

    with pytest.raises(ConfigurationError, match=r"Credentials from ~/\.swf have aws_access_key_id but no"):
        settings.resolve()


def test_a_token_of_the_environment_does_not_join_a_key_of_the_file(write, monkeypatch):
    write("[credentials]\naws_access_key_id = AKIDFILE\naws_secret_access_key = secret\n")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "token")

    assert settings.resolve().credentials == {"aws_access_key_id": "AKIDFILE", "aws_secret_access_key": "secret"}


def test_a_profile_that_is_asked_for_comes_before_credentials_of_the_environment(monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDENVIRONMENT")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")

    found = settings.resolve(profile="work")

    assert found["profile"] == "work"
    assert found.credentials == {}


def test_a_profile_of_the_environment_gives_way_to_its_credentials(monkeypatch):
    monkeypatch.setenv("AWS_PROFILE", "work")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDENVIRONMENT")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")

    assert settings.resolve().credentials["aws_access_key_id"] == "AKIDENVIRONMENT"


def test_none_takes_back_what_was_set():
    settings.set(region="eu-west-1", domain="shop")

    settings.set(region=None)

    assert (settings.get("region"), settings.get("domain")) == (None, "shop")


def test_clear_forgets_what_was_set():
    settings.set(region="eu-west-1")

    settings.clear()

    assert settings.get("region") is None


@pytest.mark.parametrize("value", [5, ["eu-west-1"], b"eu-west-1", True])
@pytest.mark.parametrize("give", [settings.set, settings.resolve])
def test_a_value_that_is_no_text_is_refused(give, value):
    with pytest.raises(ConfigurationError, match=r"\(\) takes text for region, and not (int|list|bytes|bool)"):
        give(region=value)

    assert settings.get("region") is None


def test_a_secret_that_is_no_text_is_refused_without_being_shown():
    with pytest.raises(ConfigurationError) as raised:
        settings.set(aws_access_key_id="key", aws_secret_access_key=b"very secret")

    assert "very secret" not in str(raised.value)
    assert settings.resolve().credentials == {}


def test_a_misspelt_setting_is_told_which_may_be_meant():
    with pytest.raises(ConfigurationError, match=r"no setting regoin\. Did you mean 'region'\?"):
        settings.set(regoin="eu-west-1")


@pytest.mark.parametrize("name", ["zone", 5, None, ["region"]])
def test_what_is_no_name_of_a_setting_is_refused(name):
    with pytest.raises(ConfigurationError, match=r"has no setting .* There are: region"):
        settings.get(name)


@pytest.mark.parametrize("path", [5, None, b"/tmp/swf"])
def test_what_is_no_path_of_a_file_is_refused(path):
    with pytest.raises(ValidationError, match="is no path of a file"):
        settings.from_file(path)


@pytest.mark.parametrize("line", ["endpoint_url = local: # memory", "region = eu-west-1 ; Dublin", "domain = a\t#b"])
def test_a_comment_behind_a_value_is_refused(write, line):
    write(f"[defaults]\n{line}\n")

    with pytest.raises(
        ConfigurationError, match=r"a comment behind the value of \w+\. Write comments on lines of their"
    ):
        settings.resolve()


def test_a_number_sign_within_a_value_is_part_of_it(write):
    path = write("# The shop's own.\n[defaults]\n; In a file.\nendpoint_url = local:shop#1.db\n")

    assert settings.from_file(path) == {"endpoint_url": "local:shop#1.db"}


def test_a_setting_that_does_not_exist_is_refused():
    with pytest.raises(ConfigurationError, match=r"no setting zone\. There are: region, endpoint_url, domain"):
        settings.set(zone="a")


def test_explain_tells_each_value_and_its_source_with_secrets_masked(write, monkeypatch):
    write("[defaults]\nregion = eu-west-1\n")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDENVIRONMENT1")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "very secret")
    settings.set(domain="shop")

    explained = settings.explain()

    assert explained == (
        ("region", "eu-west-1", "~/.swf"),
        ("endpoint_url", None, "not set: Amazon SWF"),
        ("domain", "shop", "swf.settings.set()"),
        ("profile", None, "not set"),
        ("aws_access_key_id", "****ENT1", "environment, AWS_ACCESS_KEY_ID"),
        ("aws_secret_access_key", "****", "environment, AWS_SECRET_ACCESS_KEY"),
        ("aws_session_token", None, "not set"),
    )
    assert repr(explained).splitlines()[:3] == [
        "region                 eu-west-1  ~/.swf",
        "endpoint_url           -          not set: Amazon SWF",
        "domain                 shop       swf.settings.set()",
    ]


def test_settings_never_print_a_secret():
    settings.set(aws_access_key_id="AKIDSHORT", aws_secret_access_key="very secret", aws_session_token="my token")

    printed = repr(settings.resolve()) + repr(settings.resolve().by_name)

    assert "very secret" not in printed
    assert "my token" not in printed
    assert "AKIDSHORT" not in printed


def test_the_example_file_is_one_that_can_be_used(tmp_path):
    copy = tmp_path / "copy"
    copy.write_text((Path(__file__).parent.parent / ".swf.example").read_text())
    copy.chmod(0o600)

    assert settings.from_file(copy) == {
        "aws_access_key_id": "MYAWSACCESSKEYID",
        "aws_secret_access_key": "MYAWSSECRETACCESSKEY",
        "region": "us-east-1",
    }
