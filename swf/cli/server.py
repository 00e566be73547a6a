"""``swf server``."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from swf.cli.groups import Command
from swf.cli.options import by_key
from swf.constants import LARGEST_PAGE

if TYPE_CHECKING:
    from swf.engine.limits import Mode
    from swf.engine.regions import Regions


@click.command(
    cls=Command,
    epilog="""Examples:

    \b
    swf server --port 8042 --domain shop

    \b
    swf server --db swf.db --ready-file ready     # kept in a file; "ready" then holds the address

    \b
    swf server --host 0.0.0.0 --port 8042 --access-key id:secret
    """,
)
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    help="Listen here. Others than this machine's own addresses need --access-key.",
)
@click.option("--port", type=click.IntRange(0, 65535), default=0, show_default=True, help="0 picks a free one.")
@click.option(
    "--db",
    metavar="PATH",
    type=click.Path(dir_okay=False),
    help="Keep all in this file. Left out, it is kept in memory. Other regions have files of their own, PATH.REGION.",
)
@click.option("--region", default="us-east-1", show_default=True, help="The region of requests that are not signed.")
@click.option("--domain", "domains", metavar="NAME", multiple=True, help="Register this domain if it is missing.")
@click.option(
    "--time",
    type=click.Choice(["real", "virtual", "auto"]),
    default="real",
    show_default=True,
    help="A virtual time stands still until POST /_swf/clock moves it; auto jumps to the next deadline too, when "
    "nothing else can happen.",
)
@click.option(
    "--limits",
    type=click.Choice(["off", "relaxed", "aws"]),
    default="off",
    show_default=True,
    help="Refuse what AWS would: relaxed, because there is too much of it; aws, also because it comes too fast.",
)
@click.option(
    "--access-key",
    "access_keys",
    metavar="ID:SECRET",
    multiple=True,
    help="Demand requests that are signed with such a key.",
)
@click.option("--no-keepalive", is_flag=True, help="Close a connection after each answer.")
@click.option(
    "--no-empty-task-token",
    is_flag=True,
    help="Leave the taskToken out when a poll found no task. SWF sends an empty one, which Amazon's Flow Framework "
    "for Java takes for a task.",
)
@click.option(
    "--largest-page",
    metavar="ITEMS",
    type=click.IntRange(1, LARGEST_PAGE),
    default=LARGEST_PAGE,
    show_default=True,
    help="Put at most this many items on a page, whatever was asked for.",
)
@click.option(
    "--ready-file", type=click.Path(dir_okay=False, path_type=Path), help="Write the server's URL here once it answers."
)
def server(
    host: str,
    port: int,
    db: str | None,
    region: str,
    domains: tuple[str, ...],
    time: str,
    limits: "Mode",
    access_keys: tuple[str, ...],
    no_keepalive: bool,
    no_empty_task_token: bool,
    largest_page: int,
    ready_file: Path | None,
) -> None:
    """Serve an SWF of your own over HTTP.

    Prints the line that has AWS SDKs and the AWS CLI use it, and runs until it is interrupted.
    """
    from swf.engine import RealClock, VirtualClock
    from swf.engine.clock import Clock
    from swf.engine.regions import open_regions
    from swf.engine.server import Server, allow_many_connections

    if ready_file is not None and not ready_file.name:
        raise click.BadParameter("names no file.", param_hint="--ready-file")
    allow_many_connections()
    keys = by_key(map(_key, access_keys), "--access-key")
    clocks: dict[str, Callable[[], Clock]] = {
        "real": RealClock,
        "virtual": VirtualClock,
        "auto": partial(VirtualClock, auto_advance=True),
    }
    regions = open_regions(
        db,
        default=region,
        clock=clocks[time],
        domains=domains,
        limits=limits,
        empty_task_token=not no_empty_task_token,
        largest_page=largest_page,
    )
    try:
        served = Server(regions, host=host, port=port, keys=keys, keepalive=not no_keepalive)
        served.run(lambda: _tell_ready(served.url, ready_file))
    finally:
        regions.close()
    _tell_refused(regions)
    click.echo("Stopped.", err=True)


def _key(text: str) -> tuple[str, str]:
    id, colon, secret = text.partition(":")
    if not (id and colon and secret):
        raise click.BadParameter("must be ID:SECRET.", param_hint="--access-key")
    return id, secret


def _tell_ready(url: str, ready_file: Path | None) -> None:
    click.echo(f"export AWS_ENDPOINT_URL_SWF={url}")
    click.echo("SWF is served. Stop it with Ctrl-C.", err=True)
    if ready_file is not None:
        _write(ready_file, f"{url}\n")


def _tell_refused(regions: "Regions") -> None:
    for region, engine in regions.opened().items():
        for name, reasons in engine.counts().over_limits.items():
            for why, count in reasons.items():
                click.echo(f"Refused in {region}: {count} x {name}, {why}", err=True)


def _write(path: Path, text: str) -> None:
    # Whoever waits for the file must not find it half written.
    part = path.with_name(f"{path.name}.part")
    try:
        part.write_text(text, encoding="utf-8")
        part.replace(path)
    except OSError as error:
        raise click.ClickException(f"{path} cannot be written: {error.strerror}. Name another file.") from error
