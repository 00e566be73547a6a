"""How the commands of `swf.cli.actors` run actors: here, in processes that are watched over, or again and again."""

import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Literal

import attrs
import click

from swf.actors import ActivityWorker, Actor, Decider, run
from swf.actors.executors import ExecutorName
from swf.actors.health import PATH as HEALTH_PATH
from swf.actors.health import HealthServer, Report, report_on
from swf.actors.one_task import run_one_task
from swf.actors.supervisor import Child, Supervised, Supervisor
from swf.cli.exit_codes import FAILED, NO_PERMISSION, USAGE, exit_code
from swf.cli.loading import Given, load
from swf.cli.log_lines import log_to_stderr
from swf.cli.options import Where, as_given
from swf.cli.output import note
from swf.cli.reloading import folders_of, run_reloading
from swf.cli.remedies import sentences, told
from swf.clients import LOCAL
from swf.connection import Connection, current
from swf.exceptions import SWFError, ValidationError
from swf.settings import Explanation

_log = logging.getLogger(__name__)

KINDS: dict[str, type[Actor[Any]]] = {"decider": Decider, "worker": ActivityWorker, "actor": Actor}

# Exit codes after which another process would end in the same way.
HOPELESS = (USAGE, NO_PERMISSION)

# Who changes code does not wait until a poll under way has ended.
RELOAD_STOP_SECONDS = 1.0


@attrs.frozen(kw_only=True)
class Options:
    """How actors are run. See the options of the commands."""

    names: tuple[str, ...]
    task_list: str | None
    concurrency: int | None
    executor: ExecutorName | None = None
    processes: int | None
    reload: bool
    one_task: bool
    timeout: float | None
    stop_timeout: float | None
    check: bool
    health_host: str
    health_port: int | None
    json_logs: bool
    verbose: int
    supervised: Literal["alone", "one-of-many"] | None

    @property
    def is_parent(self) -> bool:
        """Whether other processes do the work."""
        return self.supervised is None and not self.check and (self.reload or self.processes is not None)


def run_named(context: click.Context, kind: str, where: Where, options: Options) -> int:
    """Run the actors that a command names, all of a kind of `KINDS`, and give the exit code."""
    # From here on: it must not outlive its supervisor even while it imports.
    supervised = None if options.supervised is None else Supervised()
    _refuse_contradictions(options)
    log_to_stderr(
        json=options.json_logs,
        verbosity=options.verbose,
        with_process=options.processes is not None or options.supervised is not None,
    )
    try:
        with where.in_force():
            if options.is_parent:
                return _run_children(context, options)
            return _run_here(KINDS[kind], where, options, supervised)
    except SWFError as error:
        return _fail(error, as_json=options.json_logs)


def _refuse_contradictions(options: Options) -> None:
    if options.timeout is not None and not options.one_task:
        raise click.UsageError("--timeout is for --one-task. To limit how long a stop takes: --stop-timeout")
    if options.one_task:
        others = {"--processes": options.processes, "--concurrency": options.concurrency, "--reload": options.reload}
        given = [name for name, value in others.items() if value]
        if given:
            raise click.UsageError(f"--one-task takes one task and ends. Leave out {' and '.join(given)}.")
    if options.reload and options.processes is not None:
        raise click.UsageError("--reload is for development, and runs one process. Leave out --processes.")


def _fail(error: SWFError, *, as_json: bool) -> int:
    """Tell an error, in the manner of the other log lines; give its exit code."""
    if as_json:
        _log.error("%s", "\n".join([told(error), *getattr(error, "__notes__", ())]))
    else:
        note(sentences(error))
    return exit_code(error)


# Other processes


def _run_children(context: click.Context, options: Options) -> int:
    program = [sys.executable, "-m", "swf", *context.command_path.split()[1:]]
    code = _reload(context, options, program) if options.reload else _supervise(context, options, program)
    if not code:
        _log.info("Stopped")
    return code


def _reload(context: click.Context, options: Options, program: list[str]) -> int:
    stop_timeout = RELOAD_STOP_SECONDS if options.stop_timeout is None else options.stop_timeout
    given = as_given(context, "reload", "stop_timeout")
    command = [*program, *given, f"--stop-timeout={stop_timeout}", "--supervised=alone"]
    return run_reloading(command, folders_of(options.names))


def _supervise(context: click.Context, options: Options, program: list[str]) -> int:
    count = options.processes or 1
    command = [*program, *as_given(context, "processes", "health_port", "health_host")]
    if count == 1:
        command.append("--supervised=alone")
    else:
        _refuse_embedded(current().explain())
        command.append("--supervised=one-of-many")
        code = _checked([*command, "--check"])
        if code:
            return code
    supervisor = Supervisor(command, count, hopeless=HOPELESS)
    with _health(options, supervisor.report):
        return supervisor.run()


def _checked(command: list[str]) -> int:
    """Have one process look at it before there are many, and say what is wrong once."""
    code = Child(command).wait()
    return FAILED if code is None or code < 0 else code


def _refuse_embedded(settings: Explanation) -> None:
    """Refuse settings that name an SWF of the process."""
    endpoint_url = next(row.value for row in settings if row.name == "endpoint_url")
    if endpoint_url is not None and endpoint_url.startswith(LOCAL):
        raise ValidationError(
            f"The SWF of one process ({endpoint_url}) cannot be shared by several. Serve it with swf server --db PATH, "
            "and name its URL with --endpoint; or leave out --processes."
        )


# This process


def _run_here(kind: type[Actor[Any]], where: Where, options: Options, supervised: Supervised | None) -> int:
    actors = load(options.names, kind, Given(where.domain, options.task_list))
    _arrange(actors, options)
    for actor in actors:
        actor.check()
        if options.supervised == "one-of-many":
            _refuse_embedded(actor.connection.explain())
    if options.check or options.supervised != "one-of-many":
        _introduce(actors, _meant if options.check and not supervised else _reached)
    if options.check:
        return 0
    with _health(options, lambda: report_on(*actors)):
        if options.one_task:
            return _run_one(actors, options)
        run_them = run if supervised is None else supervised.run
        run_them(*actors, stop_timeout=options.stop_timeout)
    if supervised is None:
        _log.info("Stopped")
    return 0


def _arrange(actors: list[Actor[Any]], options: Options) -> None:
    """Have actors be as the options say, whoever made them."""
    if options.concurrency is not None:
        for actor in actors:
            actor.concurrency = options.concurrency
    if options.executor is not None:
        workers = [actor for actor in actors if isinstance(actor, ActivityWorker)]
        if not workers:
            raise ValidationError("--executor is for activity workers, and none is named. Leave it out.")
        for worker in workers:
            worker.executor = options.executor


def _introduce(actors: list[Actor[Any]], where: Callable[[Connection], str]) -> None:
    """Say what runs, and against which SWF."""
    for actor in actors:
        _log.info(
            "%s: task list %r of the domain %r, %s at a time, at %s",
            type(actor).__name__,
            actor.task_list,
            actor.domain.name,
            "one task" if actor.concurrency == 1 else f"{actor.concurrency} tasks",
            where(actor.connection),
        )


def _reached(connection: Connection) -> str:
    """Tell which SWF a connection is to; fails if it cannot be used, for want of credentials say."""
    return f"{connection.endpoint_url} in {connection.region}"


def _meant(connection: Connection) -> str:
    """Tell which SWF a connection would be to, as far as the settings say: an image is built without credentials."""
    said = {row.name: row.value for row in connection.explain()}
    return " in ".join(filter(None, [said["endpoint_url"] or "Amazon SWF", said["region"]]))


def _run_one(actors: list[Actor[Any]], options: Options) -> int:
    if len(actors) > 1:
        names = ", ".join(type(actor).__name__ for actor in actors)
        raise ValidationError(f"--one-task is for one actor, and there are {len(actors)}: {names}. Name one of them.")
    is_answered = run_one_task(actors[0], timeout=options.timeout, stop_timeout=options.stop_timeout)
    return 0 if is_answered else FAILED


@contextmanager
def _health(options: Options, report: Callable[[], Report]) -> Iterator[None]:
    """Serve a report, if that is asked for."""
    if options.health_port is None:
        yield
        return
    with HealthServer(report, options.health_host, options.health_port) as server:
        _log.info("Health is told at %s%s", server.url, HEALTH_PATH)
        yield
