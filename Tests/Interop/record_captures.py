#!/usr/bin/env python3
"""Writes what real clients say, frame by frame, for the tests of the wire format.

    record_captures.py ../MartletWireTests/Captured

starts a broker behind the proxy of capture.py and lets each client do what it can. Of every request and
answer the smallest few frames stay, by version: one file per client, lines as capture.py writes them.
"""

import asyncio
import subprocess
import sys
import threading
from collections import defaultdict
from pathlib import Path

import clients
from broker import Broker, free_port
from capture import Proxy, line
from clients.admin import ADMINS
from records import Record

PER_VERSION = 3
LARGEST = 4096


class Tap:
    """A running proxy whose frames go to whatever `frames` is."""

    def __init__(self, broker, port):
        self.frames = []
        self.loop = asyncio.new_event_loop()
        proxy = Proxy(broker.address, lambda *frame: self.frames.append(frame))
        started = threading.Event()

        async def serve():
            await proxy.start(f"127.0.0.1:{port}")
            started.set()
            await asyncio.Event().wait()

        threading.Thread(target=self.loop.run_until_complete, args=(serve(),), daemon=True).start()
        assert started.wait(5)

    def take(self):
        taken, self.frames = self.frames, []
        return taken


def exercise(client, address):
    """Everything the adapter of a client offers."""
    records = [Record(b"k%d" % n, b"v" * n, (("h", b"x"),) if n % 2 else ()) for n in range(4)]
    topic = f"captured-{client.name}"
    for codec in ("none", "lz4"):
        client.produce(address, topic, records, codec=codec)
    client.produce(address, topic, records, idempotent=True)
    client.consume(address, topic, 12)
    client.offset_for_time(address, topic, 1)
    client.watermarks(address, topic)


def administer(admin, address):
    topic = f"administered-{admin.name}"
    admin.create(address, topic, 2, {"max.message.bytes": "100000"})
    admin.topics(address)
    admin.partition_count(address, topic)
    admin.configs(address, topic)
    for broker_id in admin.broker_ids(address):
        admin.broker_configs(address, broker_id)
    admin.delete(address, topic)


def write(path, frames):
    """The smallest frames of each kind, in the order of their keys."""
    kinds = defaultdict(set)
    for direction, key, version, data in frames:
        if len(data) <= LARGEST:
            kinds[key, version, direction].add(data)
    with path.open("w") as output:
        for (key, version, direction), found in sorted(kinds.items()):
            for data in sorted(found, key=lambda data: (len(data), data))[:PER_VERSION]:
                output.write(line(direction, key, version, data))


def main(folder):
    port = free_port()
    broker = Broker({"num.partitions": 1, "advertised.listeners": f"PLAINTEXT://127.0.0.1:{port}"})
    broker.start()
    try:
        tap, address = Tap(broker, port), f"127.0.0.1:{port}"
        admins = {admin.name: admin for admin in ADMINS}
        for client in clients.ALL:
            exercise(client, address)
            if client.name in admins:
                administer(admins[client.name], address)
            if client.name == "kcat":
                subprocess.run(["kcat", "-L", "-b", address], check=True, stdout=subprocess.DEVNULL)
            write(folder / f"{client.name}.txt", tap.take())
    finally:
        broker.abandon()


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]))
