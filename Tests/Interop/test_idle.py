"""What a broker costs while nobody uses it."""

import os
import re
import resource
import socket
import struct
import time

# Version 0, which any broker answers: length, key, version, correlation id, no client id.
API_VERSIONS = struct.pack(">ihhih", 10, 18, 0, 1, -1)


def wake_ups(broker):
    count = 0
    tasks = f"/proc/{broker.process.pid}/task"
    for task in os.listdir(tasks):
        with open(f"{tasks}/{task}/status") as file:
            count += int(re.search(r"^voluntary_ctxt_switches:\s+(\d+)", file.read(), re.MULTILINE)[1])
    return count


def test_an_idle_broker_is_small_and_sleeps(own_broker):
    broker = own_broker()
    # What the start has left to do on other threads.
    time.sleep(3)
    assert broker.memory() <= 20_000_000
    before = wake_ups(broker)
    time.sleep(6)
    assert wake_ups(broker) - before <= 6 * 5


def test_a_broker_at_rest_gives_back_what_work_has_taken(own_broker):
    broker = own_broker()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    connections = []
    try:
        for _ in range(3_000):
            connection = socket.create_connection(("127.0.0.1", broker.port))
            connections.append(connection)
            connection.sendall(API_VERSIONS)
        for connection in connections:
            assert connection.recv(4, socket.MSG_WAITALL)
    finally:
        for connection in connections:
            connection.close()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert broker.memory() > 22_000_000
    deadline = time.monotonic() + 60
    while broker.memory() > 20_000_000:
        assert time.monotonic() < deadline, f"it still holds {broker.memory()} bytes"
        time.sleep(0.5)
