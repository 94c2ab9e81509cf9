#!/usr/bin/env python3
"""A proxy that writes down what a client and a broker say to each other.

    capture.py 127.0.0.1:19092 127.0.0.1:9092 frames.txt

listens on the first address and forwards to the second. Each line of the file is one frame,

    request|response KEY VERSION HEX

where HEX is header and body without the length in front. The broker must advertise the proxy's address
(`--set advertised.listeners=PLAINTEXT://127.0.0.1:19092`), or clients go around it after their first request.
"""

import argparse
import asyncio
import struct
from contextlib import suppress


class Proxy:
    """Forwards connections and hands every frame to `record(direction, key, version, data)`."""

    def __init__(self, target, record):
        self.target, self.record = target, record
        self.server = None

    async def start(self, listen):
        host, port = listen.rsplit(":", 1)
        self.server = await asyncio.start_server(self._accept, host, int(port))

    async def stop(self):
        self.server.close()

    async def _accept(self, client_reader, client_writer):
        host, port = self.target.rsplit(":", 1)
        broker_reader, broker_writer = await asyncio.open_connection(host, int(port))
        # Correlation id -> (key, version): an answer does not say what it answers.
        pending = {}

        def on_request(data):
            key, version, correlation = struct.unpack_from(">hhi", data)
            pending[correlation] = (key, version)
            self.record("request", key, version, data)

        def on_response(data):
            (correlation,) = struct.unpack_from(">i", data)
            key, version = pending.pop(correlation)
            self.record("response", key, version, data)

        await asyncio.gather(
            _forward(client_reader, broker_writer, on_request),
            _forward(broker_reader, client_writer, on_response),
        )


async def _forward(reader, writer, on_frame):
    with suppress(asyncio.IncompleteReadError, ConnectionError):
        while True:
            prefix = await reader.readexactly(4)
            data = await reader.readexactly(struct.unpack(">i", prefix)[0])
            on_frame(data)
            writer.write(prefix + data)
            await writer.drain()
    with suppress(ConnectionError):
        writer.close()


def line(direction, key, version, data):
    return f"{direction} {key} {version} {data.hex()}\n"


async def main(arguments):
    with open(arguments.output, "w") as output:

        def record(direction, key, version, data):
            output.write(line(direction, key, version, data))
            output.flush()

        proxy = Proxy(arguments.broker, record)
        await proxy.start(arguments.listen)
        await proxy.server.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("listen", help="HOST:PORT for clients")
    parser.add_argument("broker", help="HOST:PORT of the broker")
    parser.add_argument("output", help="file to write")
    with suppress(KeyboardInterrupt):
        asyncio.run(main(parser.parse_args()))
