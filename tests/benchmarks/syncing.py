"""What a diff takes, beside asking for one type after the other, when each answer takes a while."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from measuring import Sample, both
from services import bare_client, our_server

from swf.connection import Connection
from swf.models import ActivityType, Domain
from swf.sync import Manifest, apply, plan

TYPES = 200
DELAY_SECONDS = 0.02


def diffing() -> Iterator[Sample]:
    """A diff of 200 types that are as declared, against a server with a delay of 20 ms before it."""
    types = [ActivityType("shop", f"A{number}", "1.0", task_list="payments") for number in range(TYPES)]
    manifest = Manifest.of(Domain("shop", retention_period=7), *types)
    with our_server() as service, delayed(service.url, DELAY_SECONDS) as url, Connection(url) as connection:
        with Connection(service.url) as undelayed:
            apply(plan(manifest, connection=undelayed))
        client = bare_client(url)

        def ours() -> None:
            assert plan(manifest, connection=connection).counts == {"unchanged": TYPES + 1}

        def theirs() -> None:
            client.describe_domain(name="shop")
            for status in ("REGISTERED", "DEPRECATED"):
                client.list_activity_types(domain="shop", registrationStatus=status)
                client.list_workflow_types(domain="shop", registrationStatus=status)
            for each in types:
                client.describe_activity_type(domain="shop", activityType={"name": each.name, "version": each.version})

        yield both(ours, theirs)


@contextmanager
def delayed(url: str, seconds: float) -> Iterator[str]:
    """Put a delay before a server, from a process of its own; give the URL to use in the server's place."""
    command = [sys.executable, str(Path(__file__).with_name("delayed.py")), url, str(seconds)]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().strip()
        finally:
            process.terminate()
