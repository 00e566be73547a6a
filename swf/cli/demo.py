"""``swf demo``."""

import click

from swf.cli.groups import Command


@click.command(
    cls=Command,
    epilog="""Examples:

    swf demo

    swf demo --db demo.db     # and again: the earlier executions are still there
    """,
)
@click.option(
    "--db",
    metavar="PATH",
    type=click.Path(dir_okay=False),
    help="Keep the engine's database in this file. Left out, it is kept in memory and gone afterwards.",
)
def demo(db: str | None) -> None:
    """See workflow executions run to their end, on an SWF of your own.

    Registers a domain and types, starts a decider and two workers, runs some executions of an arithmetic workflow,
    and shows what SWF recorded. Needs no AWS account, and touches none.
    """
    from swf.connection import connect
    from swf.demo import run

    with connect(f"local:{db or ''}") as connection:
        run(connection)
