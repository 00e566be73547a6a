"""What a server can be asked beside SWF, under ``/_swf/``: its health, a reset, the clock, counts."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qs

import attrs

import swf
from swf.engine import protocol
from swf.engine.clock import VirtualClock
from swf.engine.protocol import Answer, Fault, invalid
from swf.engine.service import Engine
from swf.exceptions import ValidationError

ROOT = "/_swf/"
HEALTH = "/_swf/health"

# A hundred years.
MOST_SECONDS = 100 * 366 * 24 * 3600


def region(query: str) -> str | None:
    """Give the region that a query names: ``region=eu-west-1``."""
    return parse_qs(query).get("region", [None])[0]


async def answer(engine: Engine, method: str, path: str, body: bytes) -> Answer:
    """Answer a request to the control API.

    Raises:
        Fault: It is none of its requests, or cannot be granted.
    """
    asked = _REQUESTS.get((method, path.removeprefix(ROOT)))
    if asked is None:
        known = ", ".join(f"{method} {ROOT}{name}" for method, name in _REQUESTS)
        raise Fault("UnknownOperationException", f"{method} {path} is nothing to ask here. There are: {known}.", 404)
    return protocol.answer(await asked(engine, body))


async def _health(engine: Engine, body: bytes) -> dict[str, Any]:
    return {"status": "ok", "version": swf.__version__}


async def _clock(engine: Engine, body: bytes) -> dict[str, Any]:
    clock = engine.clock
    return {"kind": "virtual" if isinstance(clock, VirtualClock) else "real", "now": clock.now() / 1000}


async def _advance(engine: Engine, body: bytes) -> dict[str, Any]:
    clock = engine.clock
    if not isinstance(clock, VirtualClock):
        raise invalid("The clock is the machine's and cannot be moved. Start the server with --time virtual.")
    seconds = _seconds(body)
    # Every deadline on the way is fired; meanwhile others are answered.
    try:
        await asyncio.to_thread(clock.advance, seconds=seconds)
    except ValidationError as error:
        raise invalid(str(error)) from error
    return await _clock(engine, body)


def _seconds(body: bytes) -> float:
    seconds = protocol.read(body).get("advance_seconds")
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 <= seconds <= MOST_SECONDS:
        raise invalid(f'Say how far the clock moves, 0 to {MOST_SECONDS} seconds: {{"advance_seconds": 60}}')
    return seconds


async def _counts(engine: Engine, body: bytes) -> dict[str, Any]:
    return {**attrs.asdict(engine.counts()), "waiting_polls": engine.waiting_polls}


async def _reset(engine: Engine, body: bytes) -> dict[str, Any]:
    engine.reset()
    return {}


_REQUESTS: dict[tuple[str, str], Callable[[Engine, bytes], Awaitable[dict[str, Any]]]] = {
    ("GET", "health"): _health,
    ("GET", "clock"): _clock,
    ("POST", "clock"): _advance,
    ("GET", "counts"): _counts,
    ("POST", "reset"): _reset,
}
