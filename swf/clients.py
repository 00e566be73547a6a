"""The boto3 clients that a connection uses: of Amazon SWF, of another server, of an engine of this process."""

import functools
import json
import os
import platform
import re
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any, Final, cast
from urllib.parse import urlsplit

import attrs

from swf import __version__
from swf.checks import meant
from swf.exceptions import (
    ConfigurationError,
    EndpointUnreachableError,
    ExpiredCredentialsError,
    InvalidCredentialsError,
    SWFError,
    ValidationError,
    from_fault,
)
from swf.settings import DEFAULT_REGION, Settings

if TYPE_CHECKING:
    from botocore.config import Config
    from botocore.session import Session
    from mypy_boto3_swf import SWFClient

    from swf.engine import Engine

LOCAL: Final = "local:"

# A poll that finds nothing answers after 60 seconds, so its read timeout must be longer; all else answers at once.
# https://docs.aws.amazon.com/amazonswf/latest/apireference/API_PollForDecisionTask.html
POLLS: Final = ("poll_for_activity_task", "poll_for_decision_task")
POLL_READ_TIMEOUT_SECONDS: Final = 75
READ_TIMEOUT_SECONDS: Final = 20
CONNECT_TIMEOUT_SECONDS: Final = 10

# Whose credentials these are is nice to know, and nothing to wait for: a network may let SWF through, and not STS.
STS_TIMEOUT_SECONDS: Final = 3


@attrs.frozen(kw_only=True)
class Opened:
    """What a connection holds once it is used, and what to do when it is closed.

    Attributes:
        client: What all but polls go through.
        poll_client: What polls go through.
        origin: Where the endpoint came from, as `swf.settings.explain` says it.
        session: What the clients were made from, unless they were given.
    """

    client: "SWFClient"
    poll_client: "SWFClient"
    region: str
    endpoint_url: str
    origin: str
    engine: "Engine | None" = None
    session: "Session | None" = None
    release: Callable[[], None]
    pid: int = attrs.field(factory=os.getpid)


def check_client(client: "SWFClient | None") -> None:
    """Refuse what is no client of SWF."""
    service = getattr(getattr(getattr(client, "meta", None), "service_model", None), "service_name", None)
    if client is not None and service != "swf":
        raise ConfigurationError(f"{client!r} is no client of SWF. Give boto3.client('swf'), or leave client out.")


def check_endpoint(endpoint_url: str | None, origin: str) -> None:
    """Refuse what is no endpoint."""
    if endpoint_url is None or _is_url(endpoint_url) or _is_local(endpoint_url):
        return
    raise ConfigurationError(
        f"{endpoint_url!r} is no endpoint ({origin}). Give http://HOST:PORT or https://HOST, 'local:' for an SWF in "
        "this process, 'local:PATH' for one kept in a file, or nothing for Amazon SWF. PATH is taken as it stands: "
        "'local:shop.db', 'local:/var/shop.db'."
    )


def _is_local(text: str) -> bool:
    """Tell whether this is an SWF of this process; what would make a file that nobody meant is none."""
    path = text.removeprefix(LOCAL)
    meant_for_a_file = not path.startswith("//") and path == path.strip() and path != ":memory:" and "\0" not in path
    return text.startswith(LOCAL) and meant_for_a_file


def _is_url(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname)


def _is_amazon(endpoint_url: str | None) -> bool:
    if endpoint_url is None:
        return True
    host = urlsplit(endpoint_url).hostname or ""
    return host.endswith((".amazonaws.com", ".amazonaws.com.cn", ".api.aws"))


def is_amazon_swf(endpoint_url: str) -> bool:
    """Return whether a URL is one of Amazon SWF's own: of a region, for FIPS, for IPv6, or a VPC endpoint.

    >>> is_amazon_swf("https://swf-fips.us-east-1.api.aws"), is_amazon_swf("https://swf.example.com")
    (True, False)

    See: https://docs.aws.amazon.com/general/latest/gr/swf.html
    """
    host = urlsplit(endpoint_url).hostname or ""
    service = r"swf(-fips)?\.[a-z0-9-]+"
    return re.fullmatch(rf"({service}|[a-z0-9-]+\.{service}\.vpce)\.({'|'.join(_amazon_suffixes())})", host) is not None


@functools.cache
def _amazon_suffixes() -> list[str]:
    """Return what the names of Amazon's hosts end with, in all of its partitions, as regular expressions."""
    partitions = _loader().load_data("partitions")["partitions"]
    names = {each["outputs"][name] for each in partitions for name in ("dnsSuffix", "dualStackDnsSuffix")}
    return sorted(map(re.escape, names))


def file_of(endpoint_url: str) -> str | None:
    """Return the file in which a ``local:`` endpoint keeps its SWF; None for one in memory."""
    path = endpoint_url.removeprefix(LOCAL)
    return os.path.realpath(os.path.expanduser(path)) if path else None


def caller_account(opened: Opened) -> str | None:
    """Ask AWS's STS whose credentials a connection uses, and return the account; None when it does not answer in time.

    See: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
    """
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError, ClientError
    from botocore.parsers import ResponseParserError

    config = Config(
        connect_timeout=STS_TIMEOUT_SECONDS,
        read_timeout=STS_TIMEOUT_SECONDS,
        retries={"mode": "standard", "total_max_attempts": 1},
        user_agent=_user_agent(),
    )
    session = opened.session or _session_of(opened.client)
    try:
        with closing(cast("Any", session.create_client("sts", opened.region, config=config))) as sts:
            account: str = sts.get_caller_identity()["Account"]
    # A URL for STS in the configuration that is none is a ValueError.
    except (BotoCoreError, ClientError, ResponseParserError, ValueError, LookupError):
        return None
    return account


def _session_of(client: "SWFClient") -> "Session":
    """Return a session with the credentials of somebody's own client."""
    session = _session()
    credentials: Any = client._get_credentials()  # type: ignore[attr-defined]
    if credentials is not None:
        frozen = credentials.get_frozen_credentials()
        session.set_credentials(frozen.access_key, frozen.secret_key, frozen.token)
    return session


def leave_open() -> None:
    """Close nothing: what was given belongs to whoever gave it."""


def of_client(client: "SWFClient") -> Opened:
    """Give what to use when it is somebody's own client: that, and it is left open."""
    return Opened(
        client=client,
        poll_client=client,
        region=client.meta.region_name,
        endpoint_url=client.meta.endpoint_url,
        origin="of the client that was given",
        release=leave_open,
    )


def of_settings(found: Settings) -> Opened:
    """Give clients of Amazon SWF, or of another server.

    Raises:
        ConfigurationError: Amazon SWF has no such region.
        InvalidCredentialsError: There are no credentials for Amazon SWF.
    """
    endpoint_url = found["endpoint_url"]
    if _is_amazon(endpoint_url):
        return _amazon(found, endpoint_url)
    profile = found.asked_profile
    session = _session(profile=profile)
    if not (_give_credentials(session, found) or (profile and session.get_credentials())):
        # A server of your own asks for a signature at most, and not whose it is.
        session.set_credentials("local", "local")
    region = found["region"] or session.get_config_variable("region") or DEFAULT_REGION
    # It is there at once or not at all, while Amazon's asks for patience when it throttles.
    return _opened(session, region, found, attempts=3)


def _amazon(found: Settings, endpoint_url: str | None) -> Opened:
    session = _session(**({"profile": found["profile"]} if found["profile"] else {}))
    region = found["region"] or session.get_config_variable("region") or DEFAULT_REGION
    if endpoint_url is None:
        _check_region(session, region, found)
    if not _give_credentials(session, found) and session.get_credentials() is None:
        raise InvalidCredentialsError(
            "No AWS credentials were found. Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, write ~/.swf, log in with "
            "`aws sso login`, or connect('local:') to do without. swf.settings.explain() shows what was looked at."
        )
    return _opened(session, region, found, attempts=5)


def _opened(session: "Session", region: str, found: Settings, attempts: int) -> Opened:
    endpoint_url = found["endpoint_url"]
    client = _client(session, region, endpoint_url, _config(READ_TIMEOUT_SECONDS, attempts))
    # Whoever polls does it again: once more is enough for a connection that broke.
    poll_client = _client(session, region, endpoint_url, _config(POLL_READ_TIMEOUT_SECONDS, attempts=2))

    def release() -> None:
        client.close()
        poll_client.close()

    return Opened(
        client=client,
        poll_client=poll_client,
        region=region,
        endpoint_url=client.meta.endpoint_url,
        origin=found.by_name["endpoint_url"].source,
        session=session,
        release=release,
    )


def _give_credentials(session: "Session", found: Settings) -> bool:
    """Have a session use the credentials of the settings, if there are any."""
    if given := found.credentials:
        session.set_credentials(
            given["aws_access_key_id"], given["aws_secret_access_key"], given.get("aws_session_token")
        )
    return bool(given)


def _check_region(session: "Session", region: str, found: Settings) -> None:
    partitions = session.get_available_partitions()
    known = [name for partition in partitions for name in session.get_available_regions("swf", partition)]
    if region in known:
        return
    source = found.by_name["region"].source
    raise ConfigurationError(
        f"Amazon SWF has no region {region!r} ({source}). {meant(region, known)}Regions are called us-east-1, "
        "eu-west-1 and the like. Upgrade boto3 if this one is new, or give an endpoint_url."
    )


def of_engine(engine: "Engine", release: Callable[[], None], endpoint_url: str, found: Settings) -> Opened:
    """Give a client that an engine of this process answers."""
    from botocore import UNSIGNED
    from botocore.config import Config

    region = found["region"] or DEFAULT_REGION
    config = Config(
        signature_version=UNSIGNED,
        user_agent=_user_agent(),
        retries={"mode": "standard", "total_max_attempts": 1},
        use_fips_endpoint=False,
        use_dualstack_endpoint=False,
    )
    client = _client(_local_session(), region, "http://local", config)
    engine.attach(client)
    return Opened(
        client=client,
        poll_client=client,
        region=region,
        endpoint_url=endpoint_url,
        origin=found.by_name["endpoint_url"].source,
        engine=engine,
        release=release,
    )


def _client(session: "Session", region: str, endpoint_url: str | None, config: "Config") -> "SWFClient":
    try:
        made = session.create_client("swf", region_name=region, endpoint_url=endpoint_url, config=config)
    except ValueError as error:
        raise ConfigurationError(f"{_said(error)}. Check the endpoint_url and the region.") from error
    client = cast("SWFClient", made)
    client.meta.events.register("before-parse.swf", _decode_once)
    return client


def _decode_once(response_dict: dict[str, Any], customized_response_dict: dict[str, Any], **_: Any) -> None:
    """Read an answer's JSON in one go, and leave nothing for botocore to walk through shape by shape."""
    if response_dict["status_code"] != 200 or not response_dict["body"]:
        return
    answer = _json(response_dict["body"])
    if not isinstance(answer, dict):
        from botocore.parsers import ResponseParserError

        raise ResponseParserError(repr(response_dict["body"][:80]))
    customized_response_dict.update(answer)
    response_dict["body"] = b"{}"


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return None


def _config(read_timeout: int, attempts: int) -> "Config":
    from botocore.config import Config

    return Config(
        retries={"mode": "adaptive", "total_max_attempts": attempts},
        read_timeout=read_timeout,
        connect_timeout=CONNECT_TIMEOUT_SECONDS,
        tcp_keepalive=True,
        max_pool_connections=1000,
        user_agent=_user_agent(),
    )


def _user_agent() -> str:
    """Give what a client calls itself; botocore puts a longer name together with each call, a tenth of its time."""
    from botocore import __version__ as botocore_version

    return f"swf/{__version__} Botocore/{botocore_version} Python/{platform.python_version()}"


def _session(**variables: str | None) -> "Session":
    """Give a session with these values of its configuration, whatever the environment says of them."""
    from botocore.session import Session

    session = Session(session_vars={name: (None, [], value, None) for name, value in variables.items()})
    # The description of SWF is read from disk once in a process, not once for each connection.
    session.register_component("data_loader", _loader())
    return session


@functools.cache
def _loader() -> Any:
    from botocore.loaders import create_loader

    return create_loader(os.environ.get("AWS_DATA_PATH"))


@functools.cache
def _local_session() -> "Session":
    """Give the session of all engines of this process: it looks at no AWS configuration."""
    return _session(config_file=os.devnull, credentials_file=os.devnull, profile=None)


# Errors


@contextmanager
def translated(origin: str | None) -> Iterator[None]:
    """Raise our errors for those of botocore.

    Args:
        origin: Where the endpoint came from, if that is known yet.
    """
    from botocore.exceptions import BotoCoreError, ClientError
    from botocore.parsers import ResponseParserError

    try:
        yield
    except ClientError as error:
        raise _refused(error) from error
    except BotoCoreError as error:
        raise _failed(error, origin) from error
    except ResponseParserError as error:
        raise EndpointUnreachableError(
            f"What answered at the endpoint is not SWF: {error}. Check {_endpoint(origin)}, and any proxy before it."
        ) from error


def _endpoint(origin: str | None) -> str:
    return "the endpoint_url" if origin is None else f"the endpoint_url ({origin})"


def _refused(error: Any) -> SWFError:
    said = error.response.get("Error", {})
    request_id = error.response.get("ResponseMetadata", {}).get("RequestId")
    return from_fault(error.operation_name, said.get("Code", "Unknown"), said.get("Message") or "", request_id)


def _said(error: Exception) -> str:
    """Give an error's sentence in a line, without its full stop."""
    return " ".join(str(error).split()).rstrip(".")


def _failed(error: Any, origin: str | None) -> SWFError:
    """Give our error for what botocore found wrong before an answer came."""
    from botocore import exceptions as found

    said = _said(error)
    match error:
        case found.ParamValidationError():
            return ValidationError(said)
        case found.ConnectionError() | found.HTTPClientError():
            return EndpointUnreachableError(f"{said}. Check the network and {_endpoint(origin)}.")
        case found.NoCredentialsError() | found.PartialCredentialsError():
            return InvalidCredentialsError(f"{said}. {InvalidCredentialsError.remedy}")
        case found.CredentialRetrievalError() | found.TokenRetrievalError() | found.SSOError():
            return ExpiredCredentialsError(f"{said}. {ExpiredCredentialsError.remedy}")
        case _:
            return ConfigurationError(f"{said}. See swf.settings.explain().")
