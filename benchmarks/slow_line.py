"""A line on which every octet takes its time: a TCP relay that holds each direction back.

    python benchmarks/slow_line.py PORT MILLISECONDS

Prints the port on which it listens; what comes there goes to PORT on this machine, half of MILLISECONDS later, and the
same on the way back: so long is one round trip. Its width is not bounded.
"""

from __future__ import annotations

import asyncio
import sys
from contextlib import suppress


async def main(port: int, delay: float) -> None:
    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            there, back = await asyncio.open_connection("127.0.0.1", port)
            await asyncio.gather(relay(reader, back), relay(there, writer))

    async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        loop = asyncio.get_running_loop()
        while piece := await reader.read(1 << 18):
            loop.call_later(delay, writer.write, piece)
        loop.call_later(delay, writer.close)

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        asyncio.run(main(int(sys.argv[1]), float(sys.argv[2]) / 2000))
