"""One flipped bit, anywhere in a log: never a wrong record, never a crash, and what is missing is said.

Each partition is a round of its own: one bit of one of its files. `MARTLET_FLIP_ROUNDS` sets how many, and
`MARTLET_SEED` which.
"""

import os
import random
import shutil
import time

import pytest
from confluent_kafka import OFFSET_BEGINNING, KafkaError, TopicPartition

import clients
import raw
from broker import Broker
from clients.admin import ADMINS
from disk import martlet
from records import BASE_TIMESTAMP

ROUNDS = int(os.environ.get("MARTLET_FLIP_ROUNDS", "200"))
SEED = int(os.environ.get("MARTLET_SEED", random.SystemRandom().randrange(1 << 32)))
PARTITIONS = 40
BATCHES, BATCH_SIZE = 40, 3
END = BATCHES * BATCH_SIZE
TOPIC = "flipped"

# Damaged, in the words of the protocol; gone, if a log starts later or ends before it did.
REFUSALS = (raw.CORRUPT_MESSAGE, raw.KAFKA_STORAGE_ERROR, raw.OFFSET_OUT_OF_RANGE)


def value(partition, offset):
    return b"%d:%d:" % (partition, offset) + b"%08x" % (offset * 2654435761 % (1 << 32)) * 20


def time_of(offset):
    return BASE_TIMESTAMP + offset * 1000


def batch(partition, first):
    builder = raw.DefaultRecordBatchBuilder(
        magic=2,
        compression_type=0,
        is_transactional=False,
        producer_id=1000 + partition,
        producer_epoch=0,
        base_sequence=first,
        batch_size=1 << 20,
    )
    for index in range(BATCH_SIZE):
        builder.append(
            index, time_of(first + index), b"%d" % (first + index), value(partition, first + index), []
        )
    return bytes(builder.build())


@pytest.fixture(scope="module")
def masters():
    """Two copies of a data directory, one as a clean stop leaves it, one as a crash does."""
    broker = Broker({"log.segment.bytes": 8192, "log.index.interval.bytes": 512})
    found = {}
    try:
        broker.start()
        ADMINS[0].create(broker.address, TOPIC, PARTITIONS, {"martlet.segment.compression": "none"})
        with raw.Connection(broker.address) as connection:
            for partition in range(PARTITIONS):
                for first in range(0, END, BATCH_SIZE):
                    answer = connection.produce(TOPIC, batch(partition, first), partition=partition)
                    assert (answer["error_code"], answer["base_offset"]) == (0, first)
        broker.restart()
        for end in ("stop", "kill9"):
            getattr(broker, end)()
            found[end] = broker.root / end
            shutil.copytree(broker.data, found[end])
            broker.start()
        yield found
        broker.close()
    finally:
        broker.abandon()


def flip(data, partition, source):
    """Flips a bit of what the partition's files hold, not of the zeros reserved behind; says which."""
    files = [file for file in sorted((data / f"{TOPIC}-{partition}").iterdir()) if file.stat().st_size]
    # Says which topic this is, and nothing of what is in it: a broker refuses the directory of another topic.
    files = [file for file in files if file.name != "partition.metadata"]
    files.append(data / "recovery-point-offset-checkpoint")
    kinds = sorted({kind_of(file) for file in files})
    kind = source.choice(kinds)
    file = source.choice([file for file in files if kind_of(file) == kind])
    content = bytearray(file.read_bytes())
    length = max(1, len(content.rstrip(b"\0")))
    position, bit = source.randrange(length), source.randrange(8)
    content[position] ^= 1 << bit
    file.write_bytes(content)
    return f"{file.relative_to(data)}: bit {bit} of byte {position} of {length}"


def kind_of(file):
    return file.suffix or file.name


def sweep(connection, partition):
    """Every record that the broker hands out, by asking for each offset that it refuses the one behind."""
    served, refused, offset = {}, {}, 0
    while offset < END:
        answer = connection.fetch(TOPIC, offset, partition=partition)
        if answer["error_code"]:
            refused[offset] = answer["error_code"]
            offset += 1
            continue
        found = [(at, content) for at, content in raw.unpack(answer["records"]) if at >= offset]
        if not found:
            refused[offset] = None
            offset += 1
            continue
        for at, content in found:
            assert at not in served, f"{at} came twice"
            served[at] = content
        # What was left out between two records is missing as well.
        for missing in range(offset, found[-1][0]):
            if missing not in served:
                refused[missing] = None
        offset = found[-1][0] + 1
    return served, refused


def assert_nothing_wrong(broker, flips):
    """What is served is what was written; what is not is refused with a reason, and `verify` finds it."""
    lost = {}
    with raw.Connection(broker.address) as connection:
        for partition in range(PARTITIONS):
            what = flips[partition]
            served, refused = sweep(connection, partition)
            for offset, content in served.items():
                assert content == value(partition, offset), f"{what}: a wrong record at {offset}"
            for offset, code in refused.items():
                assert code in REFUSALS, f"{what}: {offset} is refused with {code}"
            assert served.keys() | refused.keys() == set(range(END)), what
            for offset in (0, 1, END // 2, END - 1):
                answer = connection.list_offset(TOPIC, time_of(offset), partition=partition)
                if answer["error_code"] == 0 and offset in served:
                    assert answer["offset"] == offset, f"{what}: a look-up of {offset} by time gave {answer}"
            if refused:
                lost[partition] = refused
    assert broker.is_running, broker.log_tail()
    return lost


def assert_a_consumer_sees_only_what_was_written(broker, flips, lost):
    """librdkafka that checks no checksum: up to the first refusal of each partition."""
    consumer = clients.ALL[1].consumer(broker.address, check_crcs=False, enable_partition_eof=True)
    ends, counts = {}, dict.fromkeys(range(PARTITIONS), 0)
    try:
        consumer.assign([TopicPartition(TOPIC, index, OFFSET_BEGINNING) for index in range(PARTITIONS)])
        for _ in range(100):
            for message in consumer.consume(5000, timeout=0.1):
                partition = message.partition()
                if message.error():
                    ends.setdefault(partition, message.error().code())
                else:
                    counts[partition] += 1
                    assert message.value() == value(partition, message.offset()), flips[partition]
            # Those that lost something may end with an error, or be tried again for ever.
            if ends.keys() | lost.keys() == set(range(PARTITIONS)):
                break
    finally:
        consumer.close()
    for partition in range(PARTITIONS):
        if partition not in lost:
            assert counts[partition] == END, flips[partition]
            # A checkpoint that is wrong may claim that there was more.
            assert ends[partition] in (KafkaError._PARTITION_EOF, raw.CORRUPT_MESSAGE), flips[partition]


def assert_repaired(broker, flips, lost):
    """After `repair --yes` all that is intact can be read to the end, and written on."""
    for partition in lost:
        path = broker.data / f"{TOPIC}-{partition}"
        done = martlet("log", "verify", path)
        assert done.returncode == 1, f"{flips[partition]}: verify found nothing\n{done.stdout}{done.stderr}"
    stated = martlet("log", "repair", broker.data)
    assert stated.returncode in (0, 1), stated.stderr
    assert stated.returncode == 1 or not lost, f"{lost}\n{stated.stdout}"
    done = martlet("log", "repair", "--yes", broker.data)
    assert done.returncode == 0, f"{done.stdout}{done.stderr}"
    again = martlet("log", "repair", broker.data)
    assert again.returncode == 0, f"not repaired at once: {again.stdout}{again.stderr}"
    broker.start()
    with raw.Connection(broker.address) as connection:
        for partition in range(PARTITIONS):
            what = f"repaired {flips[partition]}"
            offset = connection.list_offset(TOPIC, raw.EARLIEST, partition=partition)["offset"]
            end = connection.list_offset(TOPIC, raw.LATEST, partition=partition)["offset"]
            found = {}
            while offset < end:
                answer = connection.fetch(TOPIC, offset, partition=partition)
                assert answer["error_code"] == 0, f"{what}: {offset} is refused with {answer['error_code']}"
                records = [entry for entry in raw.unpack(answer["records"]) if entry[0] >= offset]
                if not records:
                    break
                found.update(records)
                offset = records[-1][0] + 1
            for at, content in found.items():
                assert content == value(partition, at), what
            missing = set(range(END)) - found.keys()
            # What could be read before can be read now.
            assert missing <= lost.get(partition, {}).keys(), f"{what}: {sorted(missing)} went"
            answer = connection.produce(TOPIC, raw.batch(b"on"), partition=partition)
            assert answer["error_code"] == 0, what
            assert answer["base_offset"] >= END, f"{what}: an offset was given out again"


def starts():
    return [(number, "stop" if number % 2 else "kill9") for number in range(-(-ROUNDS // PARTITIONS))]


@pytest.mark.parametrize(("number", "end"), starts())
def test_no_flipped_bit_becomes_a_wrong_record(masters, number, end):
    print(f"MARTLET_SEED={SEED} repeats this")
    source = random.Random(f"{SEED} {number}")
    broker = Broker()
    # Damage is worth a complaint.
    broker.expect_in_log(r'"level":"(warning|error|critical)"')
    try:
        shutil.copytree(masters[end], broker.data)
        flips = [flip(broker.data, partition, source) for partition in range(PARTITIONS)]
        broker.start()
        lost = assert_nothing_wrong(broker, flips)
        assert_a_consumer_sees_only_what_was_written(broker, flips, lost)
        for partition in lost:
            said = broker.log_text()
            assert f"{TOPIC}-{partition}" in said, f"nothing is said of {flips[partition]}"
        broker.stop()
        assert_repaired(broker, flips, lost)
        broker.close()
    finally:
        broker.abandon()


def test_a_flipped_bit_in_where_a_log_starts_deletes_nothing(own_broker):
    """The checkpoint of starts is text: one bit makes 97 of 17, and all below would be deleted."""
    broker = own_broker({"log.segment.bytes": 2048, "log.retention.check.interval.ms": 100})
    broker.expect_in_log("log-start-offset-checkpoint is damaged")
    ADMINS[0].create(broker.address, TOPIC, 1, {"martlet.segment.compression": "none"})
    with raw.Connection(broker.address) as connection:
        for offset in range(0, END, BATCH_SIZE):
            assert connection.produce(TOPIC, batch(0, offset))["error_code"] == 0
    assert ADMINS[0].delete_records(broker.address, TOPIC, 17) == 17
    broker.stop()
    checkpoint = broker.data / "log-start-offset-checkpoint"
    text = checkpoint.read_text()
    assert f"{TOPIC} 0 17\n" in text
    checkpoint.write_text(text.replace(f"{TOPIC} 0 17\n", f"{TOPIC} 0 97\n"))
    broker.start()
    time.sleep(1)
    with raw.Connection(broker.address) as connection:
        served, _ = sweep(connection, 0)
    assert set(range(17, END)) <= served.keys()
    assert all(content == value(0, offset) for offset, content in served.items())
    assert "log-start-offset-checkpoint is damaged" in broker.log_text()


def test_martlet_consume_names_the_damaged_offset_and_stops(own_broker):
    broker = own_broker({"log.segment.bytes": 4096})
    broker.expect_in_log("damage")
    ADMINS[0].create(broker.address, TOPIC, 1, {"martlet.segment.compression": "none"})
    with raw.Connection(broker.address) as connection:
        for offset in range(0, END, BATCH_SIZE):
            assert connection.produce(TOPIC, batch(0, offset))["error_code"] == 0
    broker.stop()
    file = broker.data / f"{TOPIC}-0" / "00000000000000000000.log"
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    broker.start()
    done = martlet("consume", TOPIC, "--bootstrap", broker.address, "--from", "beginning", "--until-end")
    assert done.returncode != 0
    assert "CORRUPT_MESSAGE" in done.stderr and "martlet log repair" in done.stderr, done.stderr
