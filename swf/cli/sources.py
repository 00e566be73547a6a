"""Manifests by the names that a command line gives them: a file, ``module`` or ``module:name``."""

from pathlib import Path

from swf.checks import meant
from swf.cli.loading import imported
from swf.documents import FORMATS_OF_SUFFIXES
from swf.exceptions import ManifestError, ValidationError
from swf.sync import Manifest


def manifest(source: str, domain: str | None = None) -> Manifest:
    """Give the manifest that is named.

    Args:
        source: A file in TOML, JSON or YAML; a module, for all that its variables declare; or one variable of it.
        domain: Only what is declared for this domain. A domain without a name, in a file, is this one.

    Raises:
        ValidationError: There is no such file or module, or something is wrong in it; nothing was sent.
        MissingExtraError: YAML needs the extra ``yaml``.
    """
    made = Manifest.load(source, domain=domain) if _is_file(source) else _of_module(source, domain)
    return made if domain is None else made.only(domain)


def _is_file(source: str) -> bool:
    path = Path(source)
    if path.suffix == ".py":
        return False
    return path.suffix.lower() in FORMATS_OF_SUFFIXES or "/" in source or "\\" in source or path.is_file()


def _of_module(source: str, domain: str | None) -> Manifest:
    name, _, variable = source.partition(":")
    try:
        module = imported(name)
    except ValidationError as error:
        hint = _file_meant(source)
        # A note tells of code of the user's: there is such a module, and it fails.
        if not hint or hasattr(error, "__notes__"):
            raise
        raise ManifestError(f"There is no module or file {source!r}. {hint}") from error
    return Manifest.of_module(module, variable or None, domain=domain)


def _file_meant(source: str) -> str:
    files = [path.name for path in Path().iterdir() if path.suffix.lower() in FORMATS_OF_SUFFIXES]
    return meant(source, files).rstrip()
