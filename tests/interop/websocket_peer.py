"""Python's websockets at the other end: `client URL` sends to an echo server, `server` lets an echo client answer."""

import asyncio
import sys

from websockets.asyncio.client import connect
from websockets.asyncio.server import serve
from websockets.extensions.permessage_deflate import (
    ClientPerMessageDeflateFactory,
    ServerPerMessageDeflateFactory,
)

MESSAGES = ["", "grüße, 世界 \U0001f600", "x" * 125, "y" * 126, "z" * 65535, "ä" * 40000] + [
    bytes(index * index % 251 for index in range(length)) for length in (0, 1, 127, 65536, 1 << 20)
]

# An empty list is sent as an empty field, which has no place in RFC 6455 sections 4.3 and 9.1 and is taken nevertheless.
CLIENT_EXTENSIONS = [
    None,
    [],
    [ClientPerMessageDeflateFactory()],
    [ClientPerMessageDeflateFactory(server_no_context_takeover=True, client_no_context_takeover=True)],
    [ClientPerMessageDeflateFactory(server_max_window_bits=9, client_max_window_bits=9)],
]
SERVER_EXTENSIONS = [
    [],
    [ServerPerMessageDeflateFactory()],
    [ServerPerMessageDeflateFactory(server_no_context_takeover=True, client_no_context_takeover=True)],
    [ServerPerMessageDeflateFactory(server_max_window_bits=9, client_max_window_bits=9)],
]


async def exchange(connection):
    for message in MESSAGES:
        await connection.send(message)
        assert await connection.recv() == message, len(message)
        middle = len(message) // 2
        await connection.send([message[:middle], message[middle:]])
        await (await connection.ping())
        assert await connection.recv() == message, len(message)
    await connection.close(1000, "done")
    assert connection.close_code == 1000, connection.close_code


async def client(url):
    for extensions in CLIENT_EXTENSIONS:
        options = {"compression": None, "max_size": None}
        async with connect(url, extensions=extensions, subprotocols=[], **options) as connection:
            assert len(connection.protocol.extensions) == len(extensions or [])
            await exchange(connection)
    print("good")


async def server():
    async def handler(connection):
        await exchange(connection)

    servers = [
        await serve(handler, "127.0.0.1", 0, compression=None, extensions=extensions, max_size=None)
        for extensions in SERVER_EXTENSIONS
    ]
    for one in servers:
        print("listening on 127.0.0.1:%d" % one.sockets[0].getsockname()[1], flush=True)
    await asyncio.gather(*(one.serve_forever() for one in servers))


if sys.argv[1] == "client":
    asyncio.run(client(sys.argv[2]))
else:
    asyncio.run(server())
