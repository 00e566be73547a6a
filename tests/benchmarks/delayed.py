"""Puts a delay in front of an HTTP server: ``python delayed.py URL SECONDS`` prints the URL to use in its place.

Each request waits so long before it is passed on, however many others do; the server sees them come at the same time.
"""

import argparse
import asyncio
from contextlib import closing, suppress
from urllib.parse import urlsplit


async def serve(url: str, seconds: float) -> None:
    address = urlsplit(url)

    async def on_client(client: asyncio.StreamReader, answers: asyncio.StreamWriter) -> None:
        server, requests = await asyncio.open_connection(address.hostname, address.port)
        # Either side may leave when it likes.
        with closing(answers), closing(requests), suppress(OSError, asyncio.IncompleteReadError):
            while True:
                request = await message(client)
                await asyncio.sleep(seconds)
                requests.write(request)
                answers.write(await message(server))

    listener = await asyncio.start_server(on_client, "127.0.0.1", 0, backlog=200)
    print(f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}", flush=True)
    await listener.serve_forever()


async def message(stream: asyncio.StreamReader) -> bytes:
    """Read a request or an answer, head and body."""
    head = await stream.readuntil(b"\r\n\r\n")
    lengths = [line.split(b":")[1] for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
    return head + await stream.readexactly(int(lengths[0]) if lengths else 0)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url", metavar="URL")
    parser.add_argument("seconds", metavar="SECONDS", type=float)
    with suppress(KeyboardInterrupt):
        asyncio.run(serve(**vars(parser.parse_args())))
