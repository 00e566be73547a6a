import pytest

from swf import settings
from swf.credentials import set_aws_credentials


@pytest.fixture(autouse=True)
def _nothing_set(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    settings.clear()
    yield
    settings.clear()


def test_set_credentials_come_before_the_file_and_the_environment(tmp_path, monkeypatch):
    path = tmp_path / ".swf"
    path.write_text("[credentials]\naws_access_key_id = FILE\naws_secret_access_key = file\n")
    path.chmod(0o600)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "ENVIRONMENT")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "environment")

    set_aws_credentials("MYAWSACCESSKEYID", "MYAWSSECRETACCESSKEY")

    assert settings.resolve().credentials == {
        "aws_access_key_id": "MYAWSACCESSKEYID",
        "aws_secret_access_key": "MYAWSSECRETACCESSKEY",
    }


def test_the_token_of_earlier_credentials_does_not_stay():
    set_aws_credentials("TEMPORARY", "secret", "token")

    set_aws_credentials("PERMANENT", "secret")

    assert settings.resolve().credentials == {
        "aws_access_key_id": "PERMANENT",
        "aws_secret_access_key": "secret",
    }
