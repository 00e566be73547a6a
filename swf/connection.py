"""How SWF is reached: the one module that calls it.

A connection is a boto3 client, made when it is first used. Its endpoint is Amazon SWF, any URL, or an SWF of this
process: ``local:`` keeps it in memory, ``local:PATH`` in a file.

>>> with connect("local:") as connection:
...     connection.call("list_domains", registrationStatus="REGISTERED")
{'domainInfos': []}
"""

import functools
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import attrs

from swf import settings
from swf.checks import meant, of_kind
from swf.clients import (
    LOCAL,
    POLLS,
    Opened,
    caller_account,
    check_client,
    check_endpoint,
    file_of,
    leave_open,
    of_client,
    of_engine,
    of_settings,
    translated,
)
from swf.exceptions import ConfigurationError, IncompleteAnswerError, UnknownOperationError
from swf.settings import DEFAULT_REGION, Explanation, Settings

if TYPE_CHECKING:
    from mypy_boto3_swf import SWFClient

    from swf.engine import Engine


class Connection:
    """A way to SWF, as somebody, in a region.

    Making one touches nothing. It may be used by many threads, and by a forked child, which gets a client of its own.

    The arguments are those of `connect`.
    """

    def __init__(
        self,
        endpoint_url: str | None = None,
        *,
        region: str | None = None,
        profile: str | None = None,
        aws_access_key_id: str | None = None,
        aws_secret_access_key: str | None = None,
        aws_session_token: str | None = None,
        client: "SWFClient | None" = None,
    ) -> None:
        self._given = {
            "endpoint_url": endpoint_url,
            "region": region,
            "profile": profile,
            "aws_access_key_id": aws_access_key_id,
            "aws_secret_access_key": aws_secret_access_key,
            "aws_session_token": aws_session_token,
        }
        settings.check(self._given, "connect()")
        check_endpoint(endpoint_url, "given to connect()")
        check_client(client)
        self._theirs: SWFClient | None = client
        self._engine: Engine | None = None
        self._opened: Opened | None = None
        self._closed = False

    @classmethod
    def over(cls, engine: "Engine", *, region: str | None = None) -> Self:
        """Give a connection that an engine of this process answers, and that leaves the engine open when closed."""
        from swf.engine import Engine

        made = cls(LOCAL, region=region)
        made._engine = of_kind(engine, Engine, "engine", "Give a swf.engine.Engine, or call connect() with a URL.")
        return made

    @classmethod
    @contextmanager
    def in_virtual_time(cls) -> Iterator[Self]:
        """Give a connection, for a block, to an SWF in memory whose time jumps whenever nothing is left to be done.

        >>> with Connection.in_virtual_time() as connection:
        ...     connection.endpoint_url
        'local:'
        """
        from swf.engine import Engine, VirtualClock

        with Engine(clock=VirtualClock(auto_advance=True)) as engine, cls.over(engine) as connection:
            yield connection

    @property
    def client(self) -> "SWFClient":
        """The boto3 client for all but polls, made now if need be.

        Unless it is your own, its answers are SWF's JSON as it stands: times are numbers.
        """
        return self._open().client

    @property
    def poll_client(self) -> "SWFClient":
        """The boto3 client for polls, which waits longer for an answer; `client` itself, where that waits enough.

        That is so for a client of your own, and where an engine of this process answers.
        """
        return self._open().poll_client

    @property
    def region(self) -> str:
        """The region in use."""
        return self._open().region

    @property
    def endpoint_url(self) -> str:
        """The endpoint in use: ``local:…``, or a URL."""
        return self._open().endpoint_url

    @property
    def origin(self) -> str:
        """Where the endpoint came from, as `swf.settings.explain` says it."""
        return self._open().origin

    @property
    def engine(self) -> "Engine | None":
        """The engine of this process that answers here; None when it is elsewhere."""
        return self._open().engine

    def caller_account(self) -> str | None:
        """Ask AWS's STS for the account of the credentials in use; None when it does not answer within seconds.

        Raises:
            ConfigurationError: An engine of this process answers here, which nobody has an account with.
        """
        opened = self._open()
        if opened.engine is not None:
            raise ConfigurationError(f"{self!r} is an SWF of this process, and uses no credentials of an account.")
        return caller_account(opened)

    def now(self) -> datetime:
        """Give the time that holds there: that of an engine of this process, else this machine's."""
        engine = self.engine
        return datetime.now(UTC) if engine is None else datetime.fromtimestamp(engine.clock.now() / 1000, UTC)

    def call(self, operation: str, **params: Any) -> dict[str, Any]:
        """Call an operation and give its answer, SWF's JSON as it stands.

        Args:
            operation: In snake case, such as ``list_domains``.
            params: SWF's members in camel case; those that are None are not sent.

        Raises:
            ResponseError: SWF refused; the narrowest of its kinds.
            ValidationError: The parameters are not the operation's; nothing was sent.
            EndpointUnreachableError: No answer came.
            InvalidCredentialsError: There are no credentials.
        """
        method = self._method(operation)
        with translated(self._origin()):
            answer: dict[str, Any] = method(**{name: value for name, value in params.items() if value is not None})
        answer.pop("ResponseMetadata", None)
        return answer

    def pages(self, operation: str, **params: Any) -> Iterator[dict[str, Any]]:
        """Call an operation page by page, each when it is asked for, to the last."""
        token = None
        while True:
            page = self.call(operation, **params, nextPageToken=token)
            yield page
            token = page.get("nextPageToken")
            if not token:
                return

    def rows(self, operation: str, key: str, **params: Any) -> Iterator[list[dict[str, Any]]]:
        """Call an operation page by page, each when it is asked for, and yield the rows of each, maybe none.

        Args:
            operation: In snake case, such as ``list_domains``.
            key: The member that holds the rows, such as ``domainInfos``.
            params: As for `call`.

        Raises:
            IncompleteAnswerError: A page does not have that member.
        """
        return (rows_of(page, key, operation) for page in self.pages(operation, **params))

    def end_polls(self, identity: str) -> None:
        """End the waiting polls of an identity without losing a task, where an engine of this process answers.

        Elsewhere nothing happens: a poll ends after 60 seconds at most.
        """
        opened = self._opened
        if opened is not None and opened.engine is not None:
            opened.engine.end_polls(identity)

    def close(self) -> None:
        """Close the client, and the engine of this process if no other connection uses it.

        A client or an engine that was given stays open. The connection cannot be used again.
        """
        with _process.lock:
            self._closed = True
            opened, self._opened = self._opened, None
            was_default = self in _process.chosen
            _process.chosen = [connection for connection in _process.chosen if connection is not self]
            if was_default and not _process.chosen and self._is_local():
                _process.left = self
        if opened is not None and opened.pid == os.getpid():
            opened.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        if self._theirs is not None:
            return f"Connection(client={self._theirs!r})"
        given = (f"{name}={value!r}" for name, value in self._given.items() if value and name in ("region", "profile"))
        return f"Connection({', '.join([repr(self._given['endpoint_url']), *given])})"

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self

    def __reduce__(self) -> tuple[type[None], tuple[()]]:
        # A connection stays in its process: pickled as a part of a model it becomes None, the default of the other one.
        return type(None), ()

    def explain(self) -> Explanation:
        """Tell which settings this connection uses and where each came from, secrets masked; sends nothing."""
        return self._settings().explanation

    def _settings(self) -> Settings:
        return settings.resolve(**self._given)

    def _origin(self) -> str | None:
        opened = self._opened
        return None if opened is None else opened.origin

    def _is_local(self) -> bool:
        return self._engine is not None or (self._given["endpoint_url"] or "").startswith(LOCAL)

    def _method(self, operation: str) -> Callable[..., dict[str, Any]]:
        client = self.poll_client if operation in POLLS else self.client
        known = client.meta.method_to_api_mapping
        if not isinstance(operation, str) or operation not in known:
            raise UnknownOperationError(
                f"boto3 knows no operation {operation!r} of SWF. {meant(operation, known)}Check its name, or upgrade "
                "boto3."
            )
        method: Callable[..., dict[str, Any]] = getattr(client, operation)
        return method

    def _open(self) -> Opened:
        opened = self._opened
        if opened is not None and opened.pid == os.getpid():
            return opened
        with _process.lock:
            if self._closed:
                raise ConfigurationError(f"{self!r} is closed. Make another one: swf.connection.connect()")
            if self._opened is None or self._opened.pid != os.getpid():
                _refuse_engine_of_parent(self._opened)
                with translated(self._origin()):
                    self._opened = self._made()
            return self._opened

    def _made(self) -> Opened:
        if self._theirs is not None:
            return of_client(self._theirs)
        found = self._settings()
        if self._engine is not None:
            return of_engine(self._engine, leave_open, LOCAL, found)
        endpoint_url = found["endpoint_url"]
        check_endpoint(endpoint_url, found.by_name["endpoint_url"].source)
        if endpoint_url is not None and endpoint_url.startswith(LOCAL):
            entered = _enter(file_of(endpoint_url), found["region"] or DEFAULT_REGION)
            return of_engine(*entered, endpoint_url, found)
        return of_settings(found)


def rows_of(page: dict[str, Any], key: str, operation: str) -> list[dict[str, Any]]:
    """Return the rows of a page.

    SWF gives an empty list where there are none. What lacks the list is not of SWF: a proxy or a portal answered.

    Raises:
        IncompleteAnswerError: The page does not have that member.
    """
    rows = page.get(key)
    if not isinstance(rows, list):
        name = "".join(word.capitalize() for word in operation.split("_"))
        raise IncompleteAnswerError(f"{name} was answered without {key!r}", "rows")
    return rows


def connect(
    endpoint_url: str | None = None,
    *,
    region: str | None = None,
    profile: str | None = None,
    aws_access_key_id: str | None = None,
    aws_secret_access_key: str | None = None,
    aws_session_token: str | None = None,
    client: "SWFClient | None" = None,
) -> Connection:
    """Make a connection the default of this process and give it; as a context manager, for the block only.

    Nothing is sent, and boto3 is imported only when the connection is first used.

    Args:
        endpoint_url: Nothing for Amazon SWF; ``http://…`` or ``https://…`` for that server; ``local:`` for an SWF in
            this process's memory, a new one each time; ``local:PATH`` for one that keeps its data in a file.
        region: Left out, the settings', boto3's, else ``us-east-1``.
        profile: A profile of the AWS configuration.
        aws_access_key_id: With its secret; left out, the settings', else whatever boto3 finds.
        aws_secret_access_key: The secret of the key.
        aws_session_token: What temporary credentials come with.
        client: A boto3 client to use as it is, in place of all the others.

    Raises:
        ConfigurationError: The endpoint is none of these, or another argument none that can be used.
    """
    made = Connection(
        endpoint_url,
        region=region,
        profile=profile,
        aws_access_key_id=aws_access_key_id,
        aws_secret_access_key=aws_secret_access_key,
        aws_session_token=aws_session_token,
        client=client,
    )
    return use(made)


def use(connection: Connection) -> Connection:
    """Make an existing connection the default of this process and give it; closing it restores the one before."""
    checked(connection)
    with _process.lock:
        _process.chosen.append(connection)
        _process.left = None
    return connection


def checked(connection: Connection | None) -> Connection | None:
    """Give a connection, or None, back.

    Raises:
        ValidationError: It is something else.
    """
    if connection is not None:
        of_kind(connection, Connection, "connection", "Give what swf.connection.connect() gives, or a Connection.")
    return connection


def current() -> Connection:
    """Give the default of this process; without one, it is made from the settings.

    Raises:
        ConfigurationError: The last default was an SWF of this process, and is closed: what was meant for it must not
            reach AWS instead.
    """
    with _process.lock:
        if _process.chosen:
            return _process.chosen[-1]
        if _process.left is not None:
            raise ConfigurationError(
                f"{_process.left!r} was the default and is closed. Call connect() again, with an endpoint or, for what "
                "the settings say, without one."
            )
        if _process.unchosen is None or _process.unchosen.outdated():
            _process.unchosen = _FromSettings()
        return _process.unchosen


def reset() -> None:
    """Choose none of the connections that were chosen: the next default is made from the settings. Closes nothing."""
    with _process.lock:
        _process.chosen.clear()
        _process.left = None


def end_polls(identity: str) -> None:
    """End the waiting polls of an identity on the default connection, without losing a task.

    Nothing happens unless an engine of this process answers there.
    """
    current().end_polls(identity)


class _FromSettings(Connection):
    """The default that nobody chose; changed settings ask for another one."""

    def __init__(self) -> None:
        super().__init__()
        self._revision = settings.revision()
        self._reached = _reached(self._settings())

    def outdated(self) -> bool:
        """Tell whether it is closed, or the settings lead elsewhere by now."""
        if self._closed:
            return True
        if self._revision == settings.revision():
            return False
        self._revision = settings.revision()
        return _reached(self._settings()) != self._reached


def _reached(found: Settings) -> tuple[str | None, ...]:
    """Tell where and as whom the settings lead; to an engine of this process anybody is the same."""
    endpoint_url = found["endpoint_url"]
    if endpoint_url is not None and endpoint_url.startswith(LOCAL):
        return (endpoint_url,)
    return tuple(found[name] for name in settings.NAMES if name != "domain")


# What this process shares


@attrs.define
class _Shared:
    """An engine over a file, and how many connections use it."""

    engine: "Engine"
    users: int = 0


@attrs.define
class _Process:
    """The default connections of this process, and its engines by file.

    Attributes:
        chosen: Those that somebody made the default, the latest last.
        unchosen: The one made from the settings.
        left: The last that was chosen, if it was an SWF of this process and is closed.
    """

    chosen: list[Connection] = attrs.field(factory=list)
    unchosen: _FromSettings | None = None
    left: Connection | None = None
    engines: dict[str, _Shared] = attrs.field(factory=dict)
    lock: threading.RLock = attrs.field(factory=threading.RLock)

    def forked(self) -> None:
        """Start over in a child: its parent's engines are not its own, and nobody would release the lock."""
        self.lock = threading.RLock()
        self.engines.clear()


_process = _Process()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_process.forked)


def _enter(file: str | None, region: str) -> "tuple[Engine, Callable[[], None]]":
    """Give an engine and the function that leaves it."""
    from swf.engine import Engine

    if file is None:
        engine = Engine(region=region)
        return engine, engine.close
    with _process.lock:
        shared = _process.engines.get(file) or _Shared(Engine(file, region=region))
        _process.engines[file] = shared
        shared.users += 1
    return shared.engine, functools.partial(_leave, file)


def _leave(file: str) -> None:
    with _process.lock:
        shared = _process.engines[file]
        shared.users -= 1
        if not shared.users:
            del _process.engines[file]
            shared.engine.close()


def _refuse_engine_of_parent(opened: Opened | None) -> None:
    if opened is not None and opened.engine is not None:
        from swf.engine.store import engine_of_parent

        raise engine_of_parent(opened.pid)
