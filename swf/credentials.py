"""Set AWS credentials from a program."""

from swf import settings


def set_aws_credentials(
    aws_access_key_id: str, aws_secret_access_key: str, aws_session_token: str | None = None
) -> None:
    """Use these credentials in this process, ahead of the file and the environment.

    They hold for connections that are first used from now on. `swf.settings.clear` forgets them.

    >>> set_aws_credentials("MYAWSACCESSKEYID", "MYAWSSECRETACCESSKEY")
    >>> settings.clear()
    """
    settings.set(
        aws_access_key_id=aws_access_key_id,
        aws_secret_access_key=aws_secret_access_key,
        aws_session_token=aws_session_token,
    )
