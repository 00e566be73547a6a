"""Manifests: what ought to be registered, from Python values or from a file."""

import inspect
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol, Self, TypeGuard, TypeVar, runtime_checkable

import attrs

from swf import documents, settings, wire
from swf.checks import meant, of_kind
from swf.exceptions import ManifestError, ValidationError
from swf.models import ActivityType, Domain, WorkflowType
from swf.shapes import TypeId, type_id
from swf.sync import schema
from swf.sync.schema import DeclaredDomain

K = TypeVar("K")
V = TypeVar("V")
Declared = Domain | WorkflowType | ActivityType


@runtime_checkable
class Registrable(Protocol):
    """What stands for a type in whatever domain: the workflows and activities of `swf.workflows`."""

    def registration(self, domain: Domain) -> WorkflowType | ActivityType:
        """Give the type it stands for."""
        ...


@attrs.frozen
class Manifest:
    """What ought to be registered, by domain.

    >>> from swf.models import ActivityType, Domain
    >>> shop = Domain("shop", retention_period=7)
    >>> Manifest.of(shop, ActivityType(shop, "Charge", "1.0", task_list="payments"))
    <Manifest: shop with 0 workflow types and 1 activity type>

    Attributes:
        domains: The domains, each with its types.
    """

    domains: tuple[DeclaredDomain, ...] = ()

    def __attrs_post_init__(self) -> None:
        for name, count in Counter(declared.name for declared in self.domains).items():
            if count > 1:
                raise ManifestError(f"The domain {name!r} is declared more than once. Declare it once, with all.")

    @classmethod
    def of(
        cls,
        *values: "Declared | Manifest | Registrable",
        tags: Mapping[str, Mapping[str, str]] | None = None,
        domain: str | None = None,
    ) -> Self:
        """Give the manifest of models, of declared workflows and activities, and of other manifests.

        A domain that only its types name is not compared and has to be there; give it too if it is to be registered.

        Args:
            values: Domains, workflow types, activity types, manifests, and the workflows and activities of
                `swf.workflows`. Equal ones count once.
            tags: The tags of domains, by the domain's name.
            domain: Where workflows and activities ought to be. Left out, the default domain of the settings.

        Raises:
            ManifestError: A domain or a type is declared twice, each time otherwise, or something is no such value.
        """
        named = [(repr(value), value) for value in values]
        return cls(tuple(_grouped(_in_domain(named, domain), tags or {})))

    @classmethod
    def of_module(cls, module: ModuleType, name: str | None = None, *, domain: str | None = None) -> Self:
        """Give the manifest of a module's variables: whatever `of` takes.

        Args:
            module: The module.
            name: One of its variables, such a value or several in a list; None stands for all of them.
            domain: Where workflows and activities ought to be. Left out, the default domain of the settings.

        Raises:
            ManifestError: There is nothing of the kind, or something is declared twice, each time otherwise.
        """
        found = dict(_variables(module) if name is None else _variable(module, name))
        named = [(f"{module.__name__}:{variable}", value) for variable, value in found.items()]
        return cls(tuple(_grouped(_in_domain(named, domain), {})))

    @classmethod
    def load(cls, path: str | Path, *, domain: str | None = None) -> Self:
        """Read a manifest from a file in TOML, JSON or YAML, by its suffix.

        Args:
            path: The file.
            domain: What a domain without a name is called. Left out, the default domain of the settings.

        Raises:
            ManifestError: The file cannot be read, or something in it is wrong; names each place.
            MissingExtraError: YAML needs the extra ``yaml``.
        """
        return cls(schema.domains(documents.read(Path(path), ManifestError), domain))

    @classmethod
    def loads(cls, text: str, form: str = "toml", *, name: str = "manifest", domain: str | None = None) -> Self:
        """Read a manifest from text.

        Args:
            text: The text.
            form: ``toml``, ``json`` or ``yaml``.
            name: What it is called in messages.
            domain: What a domain without a name is called. Left out, the default domain of the settings.

        Raises:
            ManifestError: Something in it is wrong; names each place.
            MissingExtraError: YAML needs the extra ``yaml``.
        """
        return cls(schema.domains(documents.parse(name, text, _known(form), ManifestError), domain))

    def dumps(self, form: str = "toml") -> str:
        """Write the manifest as a file would have it: ``toml``, ``json`` or ``yaml``.

        Raises:
            MissingExtraError: YAML needs the extra ``yaml``.
        """
        return documents.write({"domains": [declared.data for declared in self.domains]}, _known(form))

    def only(self, domain: str) -> Self:
        """Give the part of one domain.

        Raises:
            ManifestError: The manifest does not have it.
        """
        found = tuple(declared for declared in self.domains if declared.name == domain)
        if not found:
            names = [declared.name for declared in self.domains]
            raise ManifestError(
                f"The manifest declares no domain {domain!r}. {meant(domain, names)}It has: {', '.join(names)}."
            )
        return type(self)(found)

    def __repr__(self) -> str:
        return f"<Manifest: {'; '.join(map(str, self.domains)) or 'nothing'}>"


def _known(form: str) -> str:
    if form not in documents.FORMATS:
        raise ValidationError(f"{form!r} is no format of manifests. There are: {', '.join(documents.FORMATS)}.")
    return form


# Python values


def _declares(value: Any) -> bool:
    return isinstance(value, Declared | Manifest) or _is_registrable(value)


def _is_registrable(value: Any) -> TypeGuard[Registrable]:
    """Tell a declared activity or workflow, one that is not there just to be subclassed."""
    if not isinstance(value, type):
        return isinstance(value, Registrable)
    return isinstance(value, Registrable) and hasattr(value, "run") and not inspect.isabstract(value)


def _in_domain(named: Iterable[tuple[str, Any]], domain: str | None) -> Iterator[tuple[str, Any]]:
    """Give values with the types that declared workflows and activities stand for."""
    for where, value in named:
        yield (where, value.registration(_home(where, domain))) if _is_registrable(value) else (where, value)


def _home(where: str, domain: str | None) -> Domain:
    name = domain or settings.get("domain")
    if name is None:
        raise ManifestError(
            f"{where} does not say in which domain it ought to be. Give --domain NAME, set SWF_DOMAIN, or write domain "
            "under [defaults] in the file ~/.swf."
        )
    return Domain(name)


def _variables(module: ModuleType) -> Iterator[tuple[str, Any]]:
    found = [(name, value) for name, value in vars(module).items() if _declares(value)]
    if not found:
        raise ManifestError(
            f"The module {module.__name__} declares nothing: none of its variables is a Domain, a WorkflowType, an "
            "ActivityType, a declared workflow or activity, or a swf.sync.Manifest. Name another module, or a file."
        )
    yield from found


def _variable(module: ModuleType, name: str) -> Iterator[tuple[str, Any]]:
    if not hasattr(module, name):
        known = [known for known, value in vars(module).items() if _declares(value)]
        has = f"It declares: {', '.join(known)}." if known else "Nor does it declare anything else."
        raise ManifestError(f"The module {module.__name__} has no {name!r}. {meant(name, known)}{has}")
    value = getattr(module, name)
    if isinstance(value, list | tuple):
        yield from ((f"{name}[{index}]", each) for index, each in enumerate(value))
    else:
        yield name, value


def _grouped(named: Iterable[tuple[str, Any]], tags: Mapping[str, Mapping[str, str]]) -> Iterator[DeclaredDomain]:
    """Give domains with their types, each in the order in which it is first named."""
    found = list(_flat(named))
    names = dict.fromkeys(_domain_name(value) for _, value, _ in found)
    for name in tags:
        if name not in names:
            raise ManifestError(f"There are tags for a domain {name!r}, of which nothing is declared. Declare it too.")
    domains = _once((where, value.name, value) for where, value, _ in found if _says_something(value))
    known_tags = _once((where, _domain_name(value), held) for where, value, held in found if held is not None)
    types = defaultdict(list)
    for value in _once(
        (where, _type_key(value), value) for where, value, _ in found if not isinstance(value, Domain)
    ).values():
        types[value.domain.name].append(value)
    for name in names:
        yield DeclaredDomain(
            domains.get(name) or Domain(name, retention_period=None),
            tuple(value for value in types[name] if isinstance(value, WorkflowType)),
            tuple(value for value in types[name] if isinstance(value, ActivityType)),
            tags.get(name, known_tags.get(name)),
        )


def _domain_name(value: Declared) -> str:
    return value.name if isinstance(value, Domain) else value.domain.name


def _says_something(value: Declared) -> TypeGuard[Domain]:
    """Tell a domain of which more than the name is declared."""
    return isinstance(value, Domain) and bool(schema.declared(value))


def _type_key(value: WorkflowType | ActivityType) -> tuple[bool, str, TypeId]:
    return isinstance(value, WorkflowType), value.domain.name, type_id(value)


def _once(named: Iterable[tuple[str, K, V]]) -> dict[K, V]:
    """Give values by their keys; equal ones count once."""
    first: dict[K, tuple[str, V]] = {}
    for where, key, value in named:
        known_where, known = first.setdefault(key, (where, value))
        if known != value:
            raise ManifestError(
                f"{where} declares {value!r} otherwise than {known_where} does. Keep one of them, or give one another "
                "version."
            )
    return {key: value for key, (_, value) in first.items()}


def _flat(named: Iterable[tuple[str, Any]]) -> Iterator[tuple[str, Declared, Mapping[str, str] | None]]:
    for where, value in named:
        if isinstance(value, Manifest):
            for declared in value.domains:
                if declared.is_said:
                    yield where, declared.domain, declared.tags
                yield from ((where, each, None) for each in declared.types)
        elif isinstance(value, Declared):
            yield where, value, None
        else:
            raise ManifestError(
                f"{where} is {wire.shown(value)}, and nothing that can be registered. Give a Domain, a WorkflowType, "
                "an ActivityType, a declared workflow or activity, a swf.sync.Manifest, or a list of such."
            )


def checked(manifest: Manifest) -> Manifest:
    """Give a manifest back.

    Raises:
        ValidationError: It is none.
    """
    return of_kind(manifest, Manifest, "manifest", "Give what swf.sync.Manifest.load() or Manifest.of() gives.")
