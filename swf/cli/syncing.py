"""``swf diff``, ``swf sync``, ``swf manifest``: what ought to be registered, and what is."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from swf.cli.exit_codes import DRIFT, FAILED
from swf.cli.groups import Command, Group
from swf.cli.options import Where, connection_options, the_domain
from swf.cli.output import confirmed, dumped, note

if TYPE_CHECKING:
    from swf.cli.plans import Format
    from swf.sync import Plan, Result

F = TypeVar("F", bound=Callable[..., Any])

_source = click.argument("source", metavar="SOURCE")
_prune = click.option("--prune", is_flag=True, help="Deprecate registered types that are not declared.")


def _format(formats: Sequence[str], help: str) -> Callable[[F], F]:
    """Add ``-o``, by whose name the command gets a format; the first one is the default."""
    return click.option(
        "-o", "--output", "form", type=click.Choice(formats), default=formats[0], show_default=True, help=help
    )


_FORMATS = ("table", "json", "markdown")
_plan_format = _format(_FORMATS, "For people, for programs, or for a pull request.")
_sync_format = _format(_FORMATS, "The plan for people or for a pull request; or, for programs, what was done.")


@click.command(
    cls=Command,
    epilog="""What it shows:

    \b
    +  will be registered        ~  will be undeprecated, or tagged anew
    =  is as declared            !  differs, and can never be changed in SWF
    -  is not declared: deprecated with --prune, else left as it is

    Examples:

    \b
    swf diff swf.toml

    \b
    swf diff shop.types --prune -o markdown     # what the module shop.types declares

    \b
    swf diff swf.toml --out plan.json           # then: swf sync --plan plan.json
    """,
)
@_source
@connection_options
@_prune
@click.option(
    "--exit-code",
    "--check",
    "is_check",
    is_flag=True,
    help="Exit with 2 when there is drift, with 0 when there is none.",
)
@click.option(
    "--out",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the plan here for swf sync --plan.",
)
@_plan_format
def diff(where: Where, source: str, prune: bool, is_check: bool, out: Path | None, form: "Format") -> int:
    """Compare what is declared with what is registered.

    SOURCE is a file in TOML, JSON or YAML; a module, for all that its variables declare; or MODULE:NAME. With --domain,
    only what is declared for that domain.
    """
    from swf.cli.plans import show

    with where.in_force():
        made = _planned(source, where.domain, prune)
    show(made, form)
    if out is not None:
        _write(out, made.dumps())
    return DRIFT if is_check and made.has_drift else 0


@click.command(
    cls=Command,
    epilog="""Examples:

    \b
    swf sync swf.toml

    \b
    swf sync shop.types --prune --yes

    \b
    swf sync --plan plan.json --yes     # just what swf diff --out plan.json has shown
    """,
)
@click.argument("source", metavar="[SOURCE]", required=False)
@connection_options
@_prune
@click.option(
    "--plan",
    "plan_file",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="In place of a source: a plan of swf diff --out. Refused when SWF has changed since, and by another SWF.",
)
@click.option(
    "--skip-conflicts", is_flag=True, help="Leave what differs as it is, and do the rest. The exit code is then 2."
)
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@_sync_format
def sync(
    where: Where,
    source: str | None,
    prune: bool,
    plan_file: Path | None,
    skip_conflicts: bool,
    yes: bool,
    form: "Format",
) -> int:
    """Register what is declared: show the plan, ask, and carry it out.

    SOURCE is a file in TOML, JSON or YAML; a module, for all that its variables declare; or MODULE:NAME. With --domain,
    only what is declared for that domain.

    Domains come first. A type that differs stops it before anything is changed. Interrupted, it can be run again.
    With -o json what was done is printed when it is over: the outcome of each item.
    """
    from swf.cli.plans import show, show_results
    from swf.sync import Applied, Result

    _check_sync(source, plan_file, {"SOURCE": source, "--prune": prune, "--domain": where.domain})
    with where.in_force():
        made = _remaining(plan_file) if plan_file else _planned(str(source), where.domain, prune)
        if form != "json":
            show(made, form)
            return _carry_out(made, [], skip_conflicts=skip_conflicts, yes=yes)
        # Programs are told once, when all is over: what was done, and also when it ended too early.
        heard: list[Result] = []
        try:
            return _carry_out(made, heard, skip_conflicts=skip_conflicts, yes=yes)
        finally:
            show_results(Applied(plan=made, heard=tuple(heard)))


def _check_sync(source: str | None, plan_file: Path | None, without: dict[str, Any]) -> None:
    """Refuse a sync of nothing, and what would change a plan that is made already."""
    if plan_file is None:
        if source is None:
            raise click.UsageError("Nothing says what to sync. Name a file or a module, or give --plan FILE.")
        return
    beside = [name for name, given in without.items() if given]
    if beside:
        raise click.UsageError(f"A plan says itself what it is for. Leave out {' and '.join(beside)}, or --plan.")


def _planned(source: str, domain: str | None, prune: bool) -> "Plan":
    from swf.cli.plans import asking
    from swf.cli.sources import manifest
    from swf.sync import plan

    declared = manifest(source, domain)
    with asking():
        return plan(declared, prune=prune)


def _remaining(plan_file: Path) -> "Plan":
    from swf.cli.plans import asking
    from swf.sync import Plan, remaining

    saved = Plan.load(plan_file)
    with asking():
        return remaining(saved)


def _carry_out(plan: "Plan", heard: "list[Result]", *, skip_conflicts: bool, yes: bool) -> int:
    from swf.cli.output import visible
    from swf.cli.plans import carried_out, changes
    from swf.sync.sentences import conflict

    if plan.conflicts and not skip_conflicts:
        raise conflict(plan.conflicts)
    where = str(plan.target) if plan.target.account else plan.target.place
    question = f"Make {changes(len(plan.changes))} in {visible(where)}?"
    if plan.changes and not confirmed(question, yes=yes):
        note("Nothing is changed.")
        return FAILED
    applied = carried_out(plan, heard, skip_conflicts=skip_conflicts)
    # As swf diff --check would tell: the rest is done, and SWF is not what is declared.
    return DRIFT if applied.skipped else 0


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise click.ClickException(f"{path} cannot be written: {error.strerror}. Name another file.") from error


@click.group(cls=Group)
def manifest() -> None:
    """Manifests: what ought to be registered."""


@manifest.command(
    epilog="""Examples:

    \b
    swf manifest export --domain shop > swf.toml

    \b
    swf manifest export --all -o yaml
    """
)
@connection_options
@click.option("--all", "is_all", is_flag=True, help="All domains that are registered, in place of one.")
@_format(["toml", "json", "yaml"], "The format.")
def export(where: Where, is_all: bool, form: str) -> None:
    """Write a manifest of what is registered, to stdout."""
    from swf.cli.plans import asking
    from swf.sync import registered

    if is_all and where.domain is not None:
        raise click.UsageError("Give --all or --domain, not both.")
    with where.in_force():
        names = () if is_all else (the_domain().name,)
        with asking():
            found = registered(*names)
    # The text of a file, which is in UTF-8 whatever the terminal is in.
    click.echo(found.dumps(form).encode(), nl=False)


@manifest.command(
    epilog="""Examples:

    \b
    swf manifest validate swf.toml

    \b
    swf manifest validate shop.types
    """
)
@click.argument("source", metavar="SOURCE")
@click.option("--domain", metavar="NAME", help="Only this domain. One without a name, in a file, is called so.")
def validate(source: str, domain: str | None) -> None:
    """Tell whether a manifest is good; asks nobody."""
    from swf.cli.sources import manifest

    for declared in manifest(source, domain).domains:
        click.echo(str(declared))


@manifest.command(
    epilog="""Example:

    swf manifest schema > swf.schema.json
    """
)
def schema() -> None:
    """Print the JSON Schema of a manifest's file, for editors."""
    from swf.sync import json_schema

    click.echo(dumped(json_schema(), indent=2))
