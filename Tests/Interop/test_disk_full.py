"""A full disk: a clean refusal, nothing acknowledged is lost, and work goes on when space returns."""

import errno
import os
import random
import re
import subprocess
import time

import pytest
from confluent_kafka import Producer

import clients
import raw
from clients.admin import ADMINS, Refused
from conftest import unique
from disk import assert_verified, eventually

SETTINGS = {
    "num.partitions": 1,
    "log.segment.bytes": 1 << 20,
    "log.segment.delete.delay.ms": 0,
    "log.retention.check.interval.ms": 200,
    "log.cleaner.backoff.ms": 200,
}
MEGABYTES = 24
CONFLUENT = clients.ALL[1]
# What the broker may complain of here; that it does is part of the test.
FULL = r"(?i)no space|disk is full|space"


class SmallDisk:
    """A file system of its own in memory. Without the right to mount it lives in a namespace that a sleeping
    process keeps; `prefix` runs a command in there."""

    def __init__(self, path):
        self.path, self.prefix, self.holder, self.is_mounted = path, [], None, False
        mount = ["mount", "-t", "tmpfs", "-o", f"size={MEGABYTES}m", "tmpfs", str(path)]
        if os.getuid() == 0 and subprocess.run(mount, capture_output=True).returncode == 0:
            self.is_mounted = True
            return
        script = f"{' '.join(mount)} && echo ready && exec sleep 600"
        self.holder = subprocess.Popen(
            ["unshare", "-rm", "sh", "-c", script], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        if self.holder.stdout.readline() != b"ready\n":
            self.close()
            pytest.skip("a small tmpfs needs the right to mount, or user namespaces")
        self.prefix = ["nsenter", "--preserve-credentials", "-U", "-m", "-t", str(self.holder.pid)]

    @property
    def root(self):
        """Where the test finds the files."""
        return f"/proc/{self.holder.pid}/root{self.path}" if self.holder else str(self.path)

    @property
    def free(self):
        found = os.statvfs(self.root)
        return found.f_bavail * found.f_frsize

    def take_the_rest(self):
        """Someone else fills the disk to its last page."""
        try:
            with open(f"{self.root}/stranger", "wb", buffering=0) as stranger:
                while stranger.write(bytes(4096)):
                    pass
        except OSError as error:
            assert error.errno == errno.ENOSPC

    def close(self):
        if self.is_mounted:
            subprocess.run(["umount", "-l", str(self.path)], check=True)
        if self.holder:
            self.holder.kill()
            self.holder.wait()


@pytest.fixture
def small_disk(tmp_path):
    path = tmp_path / "disk"
    path.mkdir()
    disk = SmallDisk(path)
    try:
        yield disk
    finally:
        disk.close()


@pytest.fixture
def broker(small_disk, own_broker):
    broker = own_broker(SETTINGS, data=small_disk.path, prefix=small_disk.prefix)
    broker.expect_in_log(FULL)
    for topic in ("kept", "ballast", "more-ballast"):
        ADMINS[0].create(broker.address, topic, 1, {})
    return broker


class Writer:
    """Sends records of random bytes one by one and knows which were acknowledged."""

    def __init__(self, broker, topic, seed=1):
        self.broker, self.topic = broker, topic
        source = random.Random(seed)
        # Made once: a checksum in Python takes longer than the broker's work.
        self.values = [source.randbytes(50_000) for _ in range(7)]
        self.batches = [raw.batch(value) for value in self.values]
        self.acknowledged = {}

    def send(self, count):
        """Until the first refusal, whose code it returns; 0 if all went."""
        with raw.Connection(self.broker.address) as connection:
            for _ in range(count):
                index = len(self.acknowledged) % len(self.values)
                answer = connection.produce(self.topic, self.batches[index])
                if answer["error_code"]:
                    return answer["error_code"]
                self.acknowledged[answer["base_offset"]] = self.values[index]
        return 0

    def fill(self):
        """Until nothing goes any more, for three times in a row."""
        refusals = 0
        for _ in range(50):
            code = self.send(MEGABYTES * 40)
            assert code == raw.KAFKA_STORAGE_ERROR
            refusals += 1
            if refusals == 3:
                return
        raise AssertionError("the disk does not get full")

    def check(self, *readers, first=0):
        """Everything acknowledged is there from `first` on, and nothing else but what nobody was told of."""
        wanted = {offset: value for offset, value in self.acknowledged.items() if offset >= first}
        for client in readers or (CONFLUENT,):
            start, end = client.watermarks(self.broker.address, self.topic)
            assert end > max(wanted)
            found = client.consume(self.broker.address, self.topic, end - start)
            stored = {record.offset: record.value for record in found}
            assert wanted.items() <= stored.items()
            assert len(stored) - len(wanted) <= 3


def is_deleted(broker, topic, offset):
    try:
        return ADMINS[0].delete_records(broker.address, topic, offset) == offset
    except Refused as refused:
        assert refused.code == raw.KAFKA_STORAGE_ERROR
        return False


def can_produce(writer):
    return lambda: writer.send(1) == 0


def test_a_full_disk_refuses_and_goes_on_when_a_topic_is_deleted(broker, small_disk):
    ballast, kept = Writer(broker, "ballast"), Writer(broker, "kept", seed=2)
    assert ballast.send(80) == 0
    assert kept.send(20) == 0
    kept.fill()
    kept.check(*clients.ALL)
    ballast.check()
    lines = [line for line in broker.log_text().splitlines() if re.search(FULL, line)]
    assert any("free" in line.lower() or "delete" in line.lower() for line in lines), lines[:5]
    assert len(lines) < 200, "the log of a full disk must not fill the next one"

    ADMINS[0].delete(broker.address, "ballast")
    eventually(lambda: small_disk.free > 2_000_000, "a deleted topic gives its space back")
    eventually(can_produce(kept), "producing works again, without a restart")
    assert kept.send(20) == 0
    kept.check(*clients.ALL)


def test_deleted_records_give_space_back(broker, small_disk):
    kept = Writer(broker, "kept")
    kept.fill()
    with raw.Connection(broker.address) as connection:
        end = connection.list_offset("kept", raw.LATEST)["offset"]
    # Where the log starts must be noted before it is answered: perhaps there is no room for that at first.
    eventually(lambda: is_deleted(broker, "kept", end // 2), "the records are deleted")
    eventually(lambda: small_disk.free > 5_000_000, "deleted records give their space back")
    eventually(can_produce(kept), "producing works again")
    assert kept.send(20) == 0
    kept.check(first=end // 2)


def test_a_retrying_producer_waits_for_space_and_loses_nothing(broker):
    """librdkafka repeats a refused batch; in order and once, as it is idempotent."""
    Writer(broker, "ballast").fill()
    delivered, failures = [], []

    def report(error, message):
        (failures if error else delivered).append(str(error) if error else message.offset())

    settings = {"enable.idempotence": True, "linger.ms": 0, "delivery.timeout.ms": 40_000, "log_level": 0}
    producer = Producer({"bootstrap.servers": broker.address, **settings})
    values = [b"%d" % number + b"." * 30_000 for number in range(60)]
    for value in values:
        producer.produce("kept", value, partition=0, on_delivery=report)
    producer.flush(2)
    assert not failures, failures[:3]
    assert len(delivered) < len(values), "the disk is not full"
    ADMINS[0].delete(broker.address, "ballast")
    assert producer.flush(30) == 0
    assert not failures, failures[:3]
    found = CONFLUENT.consume(broker.address, "kept", len(values))
    assert [record.value for record in found] == values
    assert delivered == list(range(len(values)))


def test_a_client_that_gives_up_hears_why(broker):
    Writer(broker, "ballast").fill()
    failures = []
    settings = {"delivery.timeout.ms": 1500, "linger.ms": 0, "log_level": 0}
    producer = Producer({"bootstrap.servers": broker.address, **settings})
    for _ in range(40):
        report = lambda error, _: failures.append(error.name()) if error else None  # noqa: E731
        producer.produce("kept", random.randbytes(100_000), partition=0, on_delivery=report)
    assert producer.flush(20) == 0
    assert failures
    assert set(failures) <= {"_MSG_TIMED_OUT", "KAFKA_STORAGE_ERROR"}, set(failures)


@pytest.mark.parametrize("end", ["stop", "kill9"])
def test_a_restart_on_a_full_disk_works(broker, small_disk, end):
    kept = Writer(broker, "kept")
    assert kept.send(20) == 0
    Writer(broker, "ballast").fill()
    kept.send(1)
    getattr(broker, end)()
    # Nothing is left, not even what the broker had reserved.
    small_disk.take_the_rest()
    broker.start()
    kept.check(*clients.ALL)
    ADMINS[0].delete(broker.address, "ballast")
    eventually(can_produce(kept), "producing works again")
    kept.check()
    broker.stop()
    assert_verified(small_disk.root)
    broker.start()


def test_metadata_can_be_changed_again_when_space_returns(broker, small_disk):
    kept = Writer(broker, "kept")
    kept.fill()
    try:
        for _ in range(200):
            ADMINS[0].create(broker.address, unique("new"), 1, {})
    except Refused as refused:
        assert refused.code == raw.KAFKA_STORAGE_ERROR
    began = time.monotonic()
    ADMINS[0].delete(broker.address, "kept")
    assert time.monotonic() - began < 5
    eventually(lambda: small_disk.free > 5_000_000, "a deleted topic gives its space back")
    name = unique("after")
    ADMINS[0].create(broker.address, name, 1, {"retention.ms": "1000"})
    broker.restart()
    assert name in ADMINS[0].topics(broker.address)
    assert Writer(broker, name).send(1) == 0
