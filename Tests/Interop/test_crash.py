"""The broker dies in the middle of the work: nothing acknowledged is missing, nothing is there twice."""

import subprocess
import threading
import time

import pytest
from confluent_kafka import Producer

import clients
import raw
from broker import BINARY
from clients.admin import ADMINS
from real_file import assert_same_bytes, package_index
from records import Record, assert_same, sample

PRODUCER = {
    "enable.idempotence": True,
    "acks": "all",
    "linger.ms": 5,
    "delivery.timeout.ms": 120_000,
    "reconnect.backoff.ms": 50,
    "reconnect.backoff.max.ms": 200,
    "queue.buffering.max.messages": 200_000,
    "log_level": 2,
}


@pytest.fixture(scope="module")
def lines(tmp_path_factory):
    return package_index(tmp_path_factory.mktemp("index")).read_bytes().splitlines(keepends=True)


def test_a_million_lines_through_three_crashes(own_broker, lines, tmp_path):
    """A retrying idempotent producer; the broker is killed after a quarter, half and three quarters."""
    broker = own_broker({"num.partitions": 1, "log.segment.bytes": 16 * 1024 * 1024})
    ADMINS[0].create(broker.address, "file", 1, {})
    acknowledged, failures, finished = [0], [], threading.Event()

    def delivered(error, _message):
        if error:
            failures.append(str(error))
        else:
            acknowledged[0] += 1

    def crash():
        for quarter in (1, 2, 3):
            while acknowledged[0] < len(lines) * quarter / 4 and not finished.is_set():
                time.sleep(0.001)
            broker.kill9()
            time.sleep(0.3)
            broker.start()

    crasher = threading.Thread(target=crash)
    crasher.start()
    producer = Producer({"bootstrap.servers": broker.address, **PRODUCER})
    try:
        for line in lines:
            while True:
                try:
                    producer.produce("file", line[:-1], partition=0, on_delivery=delivered)
                    break
                except BufferError:
                    producer.poll(0.05)
            producer.poll(0)
        assert producer.flush(100) == 0, "records are still on their way after 100 s"
    finally:
        finished.set()
        crasher.join()
    assert not failures, failures[:3]
    assert acknowledged[0] == len(lines)

    command = ["kcat", "-C", "-q", "-e", "-b", broker.address, "-t", "file", "-p", "0", "-o", "beginning"]
    with (tmp_path / "out").open("wb") as output:
        subprocess.run(command, stdout=output, check=True, timeout=100)
    assert_same_bytes(b"".join(lines), (tmp_path / "out").read_bytes())


def test_every_acknowledged_record_survives_many_quick_crashes(own_broker):
    """One request at a time, not idempotent: after each crash the log holds what was acknowledged, perhaps
    followed by the one batch whose answer got lost."""
    broker = own_broker()
    with raw.Connection(broker.address) as connection:
        connection.create("acked")
    acknowledged = []
    for crash in range(6):
        stop = threading.Timer(0.15 + 0.05 * crash, broker.kill9)
        with raw.Connection(broker.address) as connection:
            stop.start()
            try:
                while True:
                    value = b"%d" % len(acknowledged)
                    answer = connection.produce("acked", raw.batch(value))
                    assert answer["error_code"] == 0
                    acknowledged.append((answer["base_offset"], value))
            except (raw.Closed, ConnectionError):
                pass
        stop.join()
        broker.start()
        with raw.Connection(broker.address) as connection:
            end = connection.list_offset("acked", raw.LATEST)["offset"]
        stored = {
            record.offset: record.value for record in clients.ALL[1].consume(broker.address, "acked", end)
        }
        assert stored.keys() == set(range(end))
        for offset, value in acknowledged:
            assert stored[offset] == value
        # Each crash can leave at most one record whose answer nobody saw.
        assert end <= len(acknowledged) + crash + 1
        acknowledged = sorted(stored.items())
    assert len(acknowledged) > 20


@pytest.mark.parametrize("end", ["stop", "kill9"])
@pytest.mark.parametrize("durability", ["sync", "os"])
def test_everything_is_there_after_a_restart(own_broker, end, durability):
    """`os` promises to survive the end of the process, `sync` that of the machine: here both must hold."""
    broker = own_broker({"martlet.durability": durability})
    for client in clients.ALL[1:]:
        ADMINS[0].create(broker.address, client.name, 3, {"segment.bytes": "1048576"})
        for partition in range(3):
            sent = [record for record in sample() if client.can_send(record)]
            client.produce(broker.address, client.name, sent, partition=partition, codec="lz4")
    getattr(broker, end)()
    broker.start()
    for client in clients.ALL[1:]:
        sent = [record for record in sample() if client.can_send(record)]
        for partition in range(3):
            received = client.consume(broker.address, client.name, len(sent), partitions=(partition,))
            assert_same(sent, received, timestamps=True)
            look_up = client.offset_for_time(
                broker.address, client.name, sent[5].timestamp, partition=partition
            )
            assert look_up == 5


def test_a_consumer_reads_on_through_a_restart(own_broker):
    broker = own_broker({"num.partitions": 1})
    ADMINS[0].create(broker.address, "through", 1, {})
    seen = []

    def read():
        seen.extend(clients.ALL[1].consume(broker.address, "through", 200, seconds=40))

    reader = threading.Thread(target=read)
    clients.ALL[1].produce(broker.address, "through", [Record(None, b"%d" % n) for n in range(100)])
    reader.start()
    time.sleep(1)
    broker.restart()
    clients.ALL[1].produce(broker.address, "through", [Record(None, b"%d" % n) for n in range(100, 200)])
    reader.join()
    assert [record.value for record in seen] == [b"%d" % n for n in range(200)]


def test_starting_and_stopping_is_quick(own_broker):
    """Ready in a blink, also after a crash with data; gone soon after SIGTERM, with clients connected."""
    broker = own_broker({"num.partitions": 1})
    clients.ALL[1].produce(broker.address, "some", [Record(None, bytes(1000))] * 10_000)
    for end in (broker.stop, broker.kill9):
        with raw.Connection(broker.address) as connection:
            connection.call(raw.apis.METADATA, 9, topics=[])
            began = time.monotonic()
            end()
            assert time.monotonic() - began < 5
        assert broker.start() < 1.0


def test_a_broker_that_says_it_is_ready_can_be_stopped(own_broker):
    """SIGTERM right behind the ready line is a graceful stop like any other."""
    broker = own_broker()
    for _ in range(30):
        broker.restart()


def test_a_second_broker_on_the_same_data_is_refused(own_broker):
    broker = own_broker()
    command = [BINARY, "serve", "--data-dir", str(broker.data), "--listen", "127.0.0.1:0"]
    second = subprocess.run(command, capture_output=True, timeout=10)
    assert second.returncode != 0
    assert str(broker.data) in (second.stderr + second.stdout).decode()
