"""A proxy between producers and a broker that delays, repeats, reorders and loses whole requests.

It forwards each connection, and for each request draws a lot. A request that is late or comes twice arrives
on a connection of its own, whatever has become of its sender meanwhile: behind its repetition, behind the
end of its transaction, behind the broker's restart. A sender that is cut off does not learn whether its
request got through.
"""

import asyncio
import contextlib
import random
import struct
import threading
from collections import Counter
from dataclasses import dataclass

# How long a late request is tried while the broker is down, and its answer waited for.
LATE_SECONDS = 10.0


@dataclass(frozen=True)
class Faults:
    """How many requests of a thousand meet each fate; the rest arrives as it was sent."""

    slow: int = 30
    twice: int = 40
    late: int = 25
    lost: int = 15
    unanswered: int = 25
    # The delays, in seconds; the sender of a late request hears at once that its connection is gone.
    slow_up_to: float = 0.1
    late_up_to: float = 1.5


class Proxy:
    """Runs on a thread. `counts` says how often each fate came."""

    def __init__(self, target, seed, faults=None):
        self.target, self.faults = target, faults or Faults()
        self.random, self.counts = random.Random(seed), Counter()
        self.address = None
        self._loop = asyncio.new_event_loop()
        self._late, self._connections = set(), set()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self):
        self._thread.start()
        self._run(self._listen())
        return self

    def __exit__(self, *_):
        self._run(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def calm(self):
        """From now on nothing goes wrong any more; waits until everything late has arrived."""
        self.faults = Faults(0, 0, 0, 0, 0)
        self._run(self._arrived())

    def _run(self, work):
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(60)

    async def _listen(self):
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        host, port = self._server.sockets[0].getsockname()
        self.address = f"{host}:{port}"

    async def _arrived(self):
        while self._late:
            await asyncio.wait(set(self._late))

    async def _close(self):
        self._server.close()
        for task in self._late | self._connections:
            task.cancel()
        await asyncio.gather(*self._late, *self._connections, return_exceptions=True)

    def _fate(self):
        draw = self.random.randrange(1000)
        for fate in ("slow", "twice", "late", "lost", "unanswered"):
            draw -= getattr(self.faults, fate)
            if draw < 0:
                return fate
        return "good"

    async def _accept(self, reader, writer):
        task = asyncio.current_task()
        self._connections.add(task)
        try:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
                await self._serve(reader, writer)
        finally:
            self._connections.discard(task)
            writer.close()

    async def _serve(self, reader, writer):
        broker_reader, broker_writer = await self._connect()
        answers = asyncio.create_task(self._answers(broker_reader, writer))
        try:
            while True:
                request = await _read_frame(reader)
                fate = self._fate()
                self.counts[fate] += 1
                if fate == "slow":
                    await asyncio.sleep(self.random.uniform(0, self.faults.slow_up_to))
                elif fate in ("twice", "late"):
                    self._send_later(request)
                if fate in ("late", "lost"):
                    return
                if fate == "unanswered":
                    answers.cancel()
                    await asyncio.wait([answers])
                broker_writer.write(request)
                await broker_writer.drain()
                if fate == "unanswered":
                    # It does arrive: its answer is waited for, and dropped.
                    await asyncio.wait_for(_read_frame(broker_reader), LATE_SECONDS)
                    return
        finally:
            answers.cancel()
            broker_writer.close()

    async def _answers(self, broker_reader, writer):
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            while True:
                writer.write(await _read_frame(broker_reader))
                await writer.drain()
        writer.close()

    def _send_later(self, request):
        # Mostly short, as long as a transaction: what comes much later is refused for many reasons.
        delay = self.random.random() ** 3 * self.faults.late_up_to
        task = self._loop.create_task(self._late_request(request, delay))
        self._late.add(task)
        task.add_done_callback(self._late.discard)

    async def _late_request(self, request, delay):
        await asyncio.sleep(delay)
        deadline = self._loop.time() + LATE_SECONDS
        while self._loop.time() < deadline:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError, TimeoutError):
                reader, writer = await self._connect()
                try:
                    writer.write(request)
                    await asyncio.wait_for(_read_frame(reader), LATE_SECONDS)
                    self.counts["arrived late"] += 1
                    return
                finally:
                    writer.close()
            await asyncio.sleep(0.05)

    async def _connect(self):
        host, port = self.target.rsplit(":", 1)
        return await asyncio.open_connection(host, int(port))


async def _read_frame(reader):
    prefix = await reader.readexactly(4)
    return prefix + await reader.readexactly(struct.unpack(">i", prefix)[0])
