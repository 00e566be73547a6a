"""Region, endpoint, default domain and credentials, and where each of them came from.

Each value is taken from the first source that has it: what was given explicitly or with `set`; then ``~/.swf``, or
the file that ``$SWF_CONFIG`` names; then the environment. What none of them has is left to boto3's own chain: profiles,
SSO, roles. Key, secret and session token count as one value, so they never come from two sources.

Nothing is read at import: the sources are read when a connection is first used.
"""

import configparser
import os
import re
import stat
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final, NamedTuple

import attrs

from swf.checks import meant, of_kind
from swf.exceptions import ConfigurationError

CREDENTIALS: Final = ("aws_access_key_id", "aws_secret_access_key", "aws_session_token")
NAMES: Final = ("region", "endpoint_url", "domain", "profile", *CREDENTIALS)

DEFAULT_REGION: Final = "us-east-1"

_ENVIRONMENT: Final[Mapping[str, tuple[str, ...]]] = {
    "region": ("AWS_REGION", "AWS_DEFAULT_REGION"),
    "endpoint_url": ("SWF_ENDPOINT_URL", "AWS_ENDPOINT_URL_SWF", "AWS_ENDPOINT_URL"),
    "domain": ("SWF_DOMAIN",),
    "profile": ("AWS_PROFILE", "AWS_DEFAULT_PROFILE"),
    "aws_access_key_id": ("AWS_ACCESS_KEY_ID",),
    "aws_secret_access_key": ("AWS_SECRET_ACCESS_KEY",),
    "aws_session_token": ("AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN"),
}

_SECTIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "credentials": CREDENTIALS,
    "defaults": ("region", "endpoint_url", "domain"),
}


@attrs.define
class _Process:
    """What this process was told with `set`, how often that has changed, and which files it was warned about."""

    values: dict[str, str] = attrs.field(factory=dict)
    revision: int = 0
    warned: list[Path] = attrs.field(factory=list)


_process = _Process()


class Row(NamedTuple):
    """A setting as it may be shown to anybody."""

    name: str
    value: str | None
    source: str


class Explanation(tuple[Row, ...]):
    """Rows of name, value with secrets masked, and source; printed as a table."""

    __slots__ = ()

    def __repr__(self) -> str:
        names = max(len(row.name) for row in self)
        values = max(len(row.value or "-") for row in self)
        return "\n".join(f"{row.name:<{names}}  {row.value or '-':<{values}}  {row.source}" for row in self)


@attrs.frozen
class Setting:
    """A value and where it came from."""

    name: str
    value: str | None = attrs.field(repr=False)
    source: str

    @property
    def row(self) -> Row:
        """The setting with its value masked if it is a secret."""
        return Row(self.name, self._masked, self.source)

    @property
    def _masked(self) -> str | None:
        if self.value is None or self.name not in CREDENTIALS:
            return self.value
        # The end of an access key id tells which key it is, and opens nothing.
        tail = self.value[-4:] if self.name == "aws_access_key_id" and len(self.value) >= 16 else ""
        return f"****{tail}"


@attrs.frozen(repr=False)
class Settings:
    """What is in force: one `Setting` for each name."""

    by_name: Mapping[str, Setting]

    def __getitem__(self, name: str) -> str | None:
        return self.by_name[name].value

    @property
    def credentials(self) -> dict[str, str]:
        """Key, secret and session token, as boto3 takes them; empty when boto3's own chain is to find them."""
        return {name: value for name in CREDENTIALS if (value := self[name]) is not None}

    @property
    def asked_profile(self) -> str | None:
        """The profile, if it was asked for and is not just the one of the environment."""
        setting = self.by_name["profile"]
        return None if setting.source.startswith("environment") else setting.value

    @property
    def explanation(self) -> Explanation:
        """What is in force and where it came from, secrets masked."""
        return Explanation(self.by_name[name].row for name in NAMES)

    def __repr__(self) -> str:
        return repr(self.explanation)


class Source(NamedTuple):
    """Where values may come from, with the values that it has."""

    name: str
    values: Mapping[str, str]


def set(**values: str | None) -> None:
    """Set values for this process, ahead of the file and the environment; None takes a value back.

    >>> set(region="eu-west-1")
    >>> get("region")
    'eu-west-1'
    >>> clear()

    Raises:
        ConfigurationError: There is no setting of this name, or a value is no text.
    """
    check(values, "swf.settings.set()")
    for name, value in values.items():
        if value is None:
            _process.values.pop(name, None)
        else:
            _process.values[name] = value
    _process.revision += 1


def clear() -> None:
    """Forget all that was set for this process."""
    _process.values.clear()
    _process.warned.clear()
    _process.revision += 1


def revision() -> int:
    """Tell one state of what was set from a later one."""
    return _process.revision


def get(name: str) -> str | None:
    """Give the value of a setting that is in force; None when only boto3's own chain may know it."""
    _check_name(name, "swf.settings.get()")
    return resolve()[name]


def explain() -> Explanation:
    """Tell every value that is in force and where it came from, secrets masked."""
    return resolve().explanation


def resolve(**given: str | None) -> Settings:
    """Give the settings in force, with what is given here ahead of all.

    Raises:
        ConfigurationError: The file cannot be used, or a source has a key without its secret.
    """
    check(given, "swf.settings.resolve()")
    return _resolve(tuple(_sources(given)))


def _sources(given: Mapping[str, str | None]) -> Iterator[Source]:
    yield Source("given to connect()", {name: value for name, value in given.items() if value})
    yield Source("swf.settings.set()", dict(_process.values))
    path = config_path()
    if path is not None:
        yield Source(_tilde(path), from_file(path))
    yield Source("environment", from_env())


def _resolve(sources: tuple[Source, ...]) -> Settings:
    rows = {name: _first(name, sources) for name in NAMES if name not in CREDENTIALS}
    return Settings(rows | _credentials(sources))


def _first(name: str, sources: tuple[Source, ...]) -> Setting:
    for source in sources:
        if value := source.values.get(name):
            return Setting(name, value, _told(source, name))
    return Setting(name, None, _unset(name))


def _told(source: Source, name: str) -> str:
    if source.name != "environment":
        return source.name
    variable = next(variable for variable in _ENVIRONMENT[name] if os.environ.get(variable))
    return f"environment, {variable}"


def _unset(name: str) -> str:
    match name:
        case "region":
            return f"not set: boto3's own chain, else {DEFAULT_REGION}"
        case "endpoint_url":
            return "not set: Amazon SWF"
        case "domain" | "profile":
            return "not set"
        case _:
            return "not set: boto3's own chain"


def _credentials(sources: tuple[Source, ...]) -> dict[str, Setting]:
    """Take key, secret and session token from the first source that has any of them."""
    for source in sources:
        held = [name for name in CREDENTIALS if source.values.get(name)]
        if held:
            _refuse_half(source, held)
            return {name: Setting(name, source.values.get(name), _told_of(source, name)) for name in CREDENTIALS}
        # A profile that was asked for names its own credentials: lower sources may not push it aside.
        if source.values.get("profile") and source.name != "environment":
            return {name: Setting(name, None, f"profile {source.values['profile']}") for name in CREDENTIALS}
    return {name: Setting(name, None, _unset(name)) for name in CREDENTIALS}


def _told_of(source: Source, name: str) -> str:
    return _told(source, name) if source.values.get(name) else "not set"


def _refuse_half(source: Source, held: list[str]) -> None:
    missing = [name for name in CREDENTIALS[:2] if name not in held]
    if missing:
        raise ConfigurationError(
            f"Credentials from {source.name} have {' and '.join(held)} but no {' and '.join(missing)}. "
            "Give key and secret together, or neither: they are never mixed from two sources."
        )


def check(values: Mapping[str, object], where: str) -> None:
    """Refuse what is no setting, and values that are neither text nor None; they are not shown, for some are secret.

    Raises:
        ConfigurationError: There is such a one.
    """
    for name, value in values.items():
        _check_name(name, where)
        if not isinstance(value, str | None):
            raise ConfigurationError(
                f"{where} takes text for {name}, and not {type(value).__name__}. Write it as text."
            )


def _check_name(name: object, where: str) -> None:
    if name not in NAMES:
        raise ConfigurationError(f"{where} has no setting {name}. {meant(name, NAMES)}There are: {', '.join(NAMES)}.")


def from_env(environ: Mapping[str, str] | None = None) -> dict[str, str]:
    """Give the settings that environment variables hold; an empty variable counts as none."""
    environ = os.environ if environ is None else environ
    ignored = environ.get("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "").lower() == "true"
    found: dict[str, str] = {}
    for name, variables in _ENVIRONMENT.items():
        for variable in variables:
            if ignored and variable.startswith("AWS_ENDPOINT_URL"):
                continue
            if value := environ.get(variable):
                found.setdefault(name, value)
    return found


def config_path() -> Path | None:
    """Give the file to read: the one that ``$SWF_CONFIG`` names, else ``~/.swf`` if it is there."""
    if named := os.environ.get("SWF_CONFIG"):
        return Path(named).expanduser()
    try:
        path = Path.home() / ".swf"
    except RuntimeError:
        return None
    return path if path.exists() else None


def from_file(path: str | os.PathLike[str]) -> dict[str, str]:
    """Give the settings that a file holds; keys without a value count as absent.

    Warns once in a process about a file that others may read.

    Raises:
        ConfigurationError: The file is missing, cannot be read or parsed, or has a section or key that is not known,
            or a comment behind a value.
    """
    path = Path(of_kind(path, (str, os.PathLike), "path of a file", "Give text, or a Path."))
    text = _read(path)
    _warn_if_readable(path)
    parser = configparser.ConfigParser(interpolation=None, allow_no_value=True, default_section="")
    try:
        parser.read_string(text, source=str(path))
    except configparser.Error as error:
        raise ConfigurationError(
            f"{path} cannot be read as INI: {' '.join(str(error).split())}. Write it like .swf.example."
        ) from error
    return dict(_entries(path, parser))


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise ConfigurationError(f"There is no file {path}. Make it, or change or unset SWF_CONFIG.") from error
    except IsADirectoryError as error:
        raise ConfigurationError(f"{path} is a directory, and should be a file. Write it like .swf.example.") from error
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(
            f"{path} cannot be read: {error}. Make it a text file in UTF-8 that you may read."
        ) from error


def _entries(path: Path, parser: configparser.ConfigParser) -> Iterator[tuple[str, str]]:
    for section in parser.sections():
        known = _SECTIONS.get(section)
        if known is None:
            raise ConfigurationError(
                f"{path} has a section [{section}], which is not known. There are: [credentials] and [defaults]."
            )
        for key, value in parser.items(section):
            if key not in known:
                raise ConfigurationError(
                    f"{path} has {key} in [{section}], which is not known. There are: {', '.join(known)}."
                )
            if value:
                _refuse_comment(path, key, value)
                yield key, value


def _refuse_comment(path: Path, key: str, value: str) -> None:
    # Nobody wants it in the value, and a value that is cut short where a "#" stands would be no better.
    if re.search(r"\s[#;]", value):
        raise ConfigurationError(
            f"{path} has a comment behind the value of {key}. Write comments on lines of their own, beginning with #."
        )


def _warn_if_readable(path: Path) -> None:
    readable = os.name == "posix" and path.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH)
    if readable and path not in _process.warned:
        _process.warned.append(path)
        warnings.warn(f"{path} may be read by others. Close it: chmod 600 {path}", stacklevel=2)


def _tilde(path: Path) -> str:
    try:
        return f"~/{path.relative_to(Path.home())}"
    except (RuntimeError, ValueError):
        return str(path)
