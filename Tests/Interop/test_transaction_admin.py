"""What operators see of transactions and do to them, and what the broker says of itself."""

import json
import struct
import time

import pytest

import apis
import apis_transactions
import raw
from conftest import unique
from disk import append_batch, directory, eventually, martlet
from raw_transactions import (
    V1,
    V2,
    TransactionalProducer,
    all_batches,
    end_offset,
    errors,
    find_coordinator,
    is_settled,
    new_producer,
    read_committed,
    stable_offset,
)

SETTINGS = {"transaction.state.log.num.partitions": 4, "offsets.topic.num.partitions": 4}
OPEN, COMMITTED, ABORTED = "Ongoing", "CompleteCommit", "CompleteAbort"


@pytest.fixture
def connection(broker):
    with raw.Connection(broker.address, 30) as connection:
        yield connection


@pytest.fixture
def name():
    return unique("transactional")


# Features


def features(answer):
    """(supported, finalized) of the tagged fields of an ApiVersions answer: name -> (low, high)."""
    found = []
    for tag in (0, 2):
        data, ranges = answer.get("_tags", {}).get(tag, b"\x01"), {}
        position = 1
        for _ in range(data[0] - 1):
            count = data[position] - 1
            name = data[position + 1 : position + 1 + count].decode()
            ranges[name] = struct.unpack_from(">hh", data, position + 1 + count)
            position += 1 + count + 4 + 1
        found.append(ranges)
    supported, finalized = found
    # A finalized feature has its highest level first.
    return supported, {name: (low, high) for name, (high, low) in finalized.items()}


@pytest.mark.parametrize("version", [3, 4])
def test_brokers_say_that_transactions_are_of_version_2(connection, version):
    answer = connection.call(apis.API_VERSIONS, version)
    supported, finalized = features(answer)
    # Clients of version 3 take a lowest level of 0 for an error (KAFKA-17492).
    assert supported.get("transaction.version") == (None if version == 3 else (0, 2))
    assert finalized["transaction.version"][1] == 2
    ranges = {entry["key"]: (entry["min"], entry["max"]) for entry in answer["api_keys"]}
    for api, low, high in (
        (apis.PRODUCE, 3, 12),
        (apis.INIT_PRODUCER_ID, 0, 5),
        (apis_transactions.ADD_PARTITIONS_TO_TXN, 0, 3),
        (apis_transactions.ADD_OFFSETS_TO_TXN, 0, 4),
        (apis_transactions.END_TXN, 0, 5),
        (apis_transactions.TXN_OFFSET_COMMIT, 0, 5),
        (apis_transactions.DESCRIBE_PRODUCERS, 0, 0),
        (apis_transactions.DESCRIBE_TRANSACTIONS, 0, 0),
        (apis_transactions.LIST_TRANSACTIONS, 0, 2),
        (apis_transactions.WRITE_TXN_MARKERS, 1, 2),
    ):
        served = ranges[api.key]
        assert served[0] <= low and served[1] >= high, api.name


def update_features(connection, version, level, feature="transaction.version", **fields):
    """(error code of the whole, error code of the feature or None)."""
    update = {"feature": feature, "level": level, **fields}
    answer = connection.call(apis_transactions.UPDATE_FEATURES, version, updates=[update])
    results = [result["error_code"] for result in answer.get("results", ())]
    return answer["error_code"], (results or [None])[0]


@pytest.mark.parametrize("version", range(3))
def test_features_that_nobody_has_are_refused(connection, version):
    """Versions 0 and 1 say it of the feature, version 2 of the whole request."""
    for feature, level in (("no.such.feature", 1), ("transaction.version", 3)):
        assert any(update_features(connection, version, level, feature)), (feature, level)
    _, finalized = features(connection.call(apis.API_VERSIONS, 3))
    assert finalized["transaction.version"][1] == 2


# Looking


def describe(connection, *names):
    found = connection.call(apis_transactions.DESCRIBE_TRANSACTIONS, 0, transactional_ids=list(names))
    return {entry["transactional_id"]: entry for entry in found["transactions"]}


def list_of(connection, version=2, **filters):
    """{transactional id: state}."""
    answer = connection.call(apis_transactions.LIST_TRANSACTIONS, version, **filters)
    assert answer["error_code"] == 0, answer
    return {entry["transactional_id"]: entry["state"] for entry in answer["transactions"]}


def test_a_transaction_is_described(connection, topic, name):
    connection.create(topic, 3)
    began = int(time.time() * 1000)
    producer = new_producer(connection, name, timeout_ms=54_321)
    [fresh] = describe(connection, name).values()
    assert (fresh["error_code"], fresh["state"], fresh["topics"]) == (0, "Empty", [])
    producer.good_produce(topic, b"x", partition=0)
    producer.good_produce(topic, b"x", partition=2)
    found = describe(connection, name, "no-such-id")
    assert found["no-such-id"]["error_code"] == raw.TRANSACTIONAL_ID_NOT_FOUND
    entry = found[name]
    assert (entry["error_code"], entry["state"], entry["timeout_ms"]) == (0, OPEN, 54_321)
    assert (entry["producer_id"], entry["producer_epoch"]) == (producer.id, producer.epoch)
    assert began <= entry["start_time_ms"] <= int(time.time() * 1000)
    assert [(t["name"], sorted(t["partitions"])) for t in entry["topics"]] == [(topic, [0, 2])]
    producer.abort()
    [entry] = describe(connection, name).values()
    assert (entry["state"], entry["topics"]) == (ABORTED, [])
    producer.good_produce(topic, b"x", partition=0)
    producer.commit()
    assert describe(connection, name)[name]["state"] == COMMITTED


def test_transactions_are_listed_by_what_one_looks_for(connection, topic, name):
    connection.create(topic)
    producers = {ending: new_producer(connection, f"{name}.{ending}") for ending in ("a", "b", "c", "d")}
    for ending in "abc":
        producers[ending].good_produce(topic, b"x")
    producers["b"].commit()
    producers["c"].abort()
    mine = {f"{name}.a": OPEN, f"{name}.b": COMMITTED, f"{name}.c": ABORTED, f"{name}.d": "Empty"}
    for version in range(3):
        assert mine.items() <= list_of(connection, version).items()
        open_ones = list_of(connection, version, states=[OPEN])
        assert set(open_ones.values()) == {OPEN} and f"{name}.a" in open_ones
        wanted = [producers["b"].id, producers["d"].id]
        assert list_of(connection, version, producer_ids=wanted) == {
            f"{name}.b": COMMITTED,
            f"{name}.d": "Empty",
        }
    answer = connection.call(apis_transactions.LIST_TRANSACTIONS, 2, states=[OPEN, "Asleep"])
    assert answer["unknown_states"] == ["Asleep"]
    assert f"{name}.a" in [entry["transactional_id"] for entry in answer["transactions"]]
    # For how long they are open.
    assert f"{name}.a" not in list_of(connection, duration_ms=600_000)
    eventually(lambda: f"{name}.a" in list_of(connection, duration_ms=100), "old enough", 5, every=0.05)
    # By their names: the whole name must match.
    assert list_of(connection, pattern=f"{name}[.][ab]") == {f"{name}.a": OPEN, f"{name}.b": COMMITTED}
    assert list_of(connection, pattern=f"{name}") == {}
    answer = connection.call(apis_transactions.LIST_TRANSACTIONS, 2, pattern="(")
    assert answer["error_code"] == raw.INVALID_REGULAR_EXPRESSION
    producers["a"].abort()


def producers_of(connection, topic, *partitions):
    topics = [{"name": topic, "partitions": list(partitions)}]
    [found] = connection.call(apis_transactions.DESCRIBE_PRODUCERS, 0, topics=topics)["topics"]
    return {part["index"]: part for part in found["partitions"]}


@pytest.mark.parametrize("versions", [V1, V2], ids=["version-1", "version-2"])
def test_producers_of_a_partition_are_described(connection, topic, name, versions):
    connection.create(topic, 2)
    assert connection.produce(topic, raw.batch(b"somebody else's"))["error_code"] == 0
    producer = new_producer(connection, name, versions)
    producer.good_add(topic, 0)
    producer.good_produce(topic, b"x", b"y")
    found = producers_of(connection, topic, 0, 1, 2)
    assert found[1]["producers"] == []
    assert found[2]["error_code"] == raw.UNKNOWN_TOPIC_OR_PARTITION
    [state] = found[0]["producers"]
    assert (state["producer_id"], state["producer_epoch"]) == (producer.id, producer.epoch)
    assert (state["last_sequence"], state["transaction_start"]) == (1, 1)
    assert abs(state["last_timestamp"] - time.time() * 1000) < 60_000
    producer.commit()
    [state] = producers_of(connection, topic, 0)[0]["producers"]
    assert state["transaction_start"] == -1
    assert state["coordinator_epoch"] >= 0
    assert state["producer_epoch"] == (1 if versions is V2 else 0)


# Ending what nobody ends


def write_marker(
    connection, topic, producer, *, version=1, partition=0, committed=False, epoch=None, **fields
):
    """The error code of the partition."""
    marker = {
        "producer_id": producer.id,
        "producer_epoch": producer.epoch if epoch is None else epoch,
        "committed": committed,
        "topics": [{"name": topic, "partitions": [partition]}],
        **fields,
    }
    [found] = connection.call(apis_transactions.WRITE_TXN_MARKERS, version, markers=[marker])["markers"]
    assert found["producer_id"] == producer.id
    return errors(found["topics"])[topic][partition]


@pytest.mark.parametrize("version", [1, 2])
def test_an_operator_ends_a_transaction_in_one_partition(connection, topic, name, version):
    """As it is done to one that hangs: with what DescribeProducers says, without its coordinator."""
    connection.create(topic)
    producer = new_producer(connection, name, V1)
    producer.good_add(topic, 0)
    producer.good_produce(topic, b"hangs")
    assert connection.produce(topic, raw.batch(b"behind"))["error_code"] == 0
    assert read_committed(connection, topic) == []
    [state] = producers_of(connection, topic, 0)[0]["producers"]
    error = write_marker(
        connection,
        topic,
        producer,
        version=version,
        epoch=state["producer_epoch"],
        coordinator_epoch=state["coordinator_epoch"],
    )
    assert error == 0
    assert is_settled(connection, topic)
    assert read_committed(connection, topic) == [b"behind"]
    assert [batch.is_control for batch in all_batches(connection, topic)] == [False, False, True]


def test_markers_that_cannot_be_written(connection, topic, name):
    connection.create(topic)
    producer = new_producer(connection, name, V1)
    producer.good_init()
    producer.good_add(topic, 0)
    producer.good_produce(topic, b"x")
    assert write_marker(connection, topic, producer, partition=7) == raw.UNKNOWN_TOPIC_OR_PARTITION
    assert write_marker(connection, "no-such-topic", producer) == raw.UNKNOWN_TOPIC_OR_PARTITION
    # Of an older epoch, and in version 2 also of the same one.
    assert write_marker(connection, topic, producer, epoch=producer.epoch - 1) == raw.INVALID_PRODUCER_EPOCH
    assert (
        write_marker(connection, topic, producer, version=2, transaction_version=2)
        == raw.INVALID_PRODUCER_EPOCH
    )
    assert stable_offset(connection, topic) == 0
    producer.commit()
    assert read_committed(connection, topic) == [b"x"]


def told(*arguments):
    """What the command says, line by line of JSON."""
    done = martlet("txn", *arguments, "--json")
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_the_command_finds_and_ends_a_transaction_that_hangs(own_broker):
    """One that a partition has and its coordinator does not, as brokers of old could leave behind."""
    broker = own_broker(SETTINGS)
    at = ("--bootstrap", broker.address)
    with raw.Connection(broker.address) as connection:
        connection.create("topic", 2)
        producer = new_producer(connection, "name")
        assert connection.produce("topic", raw.batch(b"before"))["error_code"] == 0
    assert told("find-hanging", *at) == []
    broker.stop()
    an_hour_ago = int(time.time() * 1000) - 3_600_000
    hanging = (producer.id + 500, 3, 0)
    append_batch(
        directory(broker, "topic"),
        raw.batch(b"hangs", producer=hanging, transactional=True, timestamp=an_hour_ago),
    )
    broker.start()
    with raw.Connection(broker.address) as connection:
        assert connection.produce("topic", raw.batch(b"behind"))["error_code"] == 0
        assert read_committed(connection, "topic") == [b"before"]
        # This one is alive, though as old as the other.
        producer.connection = connection
        records = raw.batch(b"alive", producer=(producer.id, 0, 0), transactional=True, timestamp=an_hour_ago)
        assert producer.send("topic", records, partition=1)["error_code"] == 0
        [found] = told("find-hanging", *at)
        assert (found["topic"], found["partition"], found["startOffset"]) == ("topic", 0, 1)
        assert (found["producerId"], found["producerEpoch"]) == (producer.id + 500, 3)
        place = ("--topic", "topic", "--partition", 0, "--start-offset", 1)
        for options in ((), ("--execute",)):
            assert stable_offset(connection, "topic") == 1
            [done] = told("abort", *place, *options, *at)
            assert done["done"] == bool(options)
        assert read_committed(connection, "topic") == [b"before", b"behind"]
        assert told("find-hanging", *at) == []
        assert producer.end(True)["error_code"] == 0
        assert read_committed(connection, "topic", 1) == [b"alive"]


def test_the_command_shows_transactions_and_fences_their_producers(broker, connection, topic, name):
    at = ("--bootstrap", broker.address)
    connection.create(topic, 2)
    producer = new_producer(connection, name)
    producer.good_produce(topic, b"x", partition=1)
    [listed] = told("list", "--state", "ongoing", "--regex", name, *at)
    assert (listed["transactionalId"], listed["producerId"]) == (name, producer.id)
    [described] = told("describe", name, *at)
    assert (described["state"], described["partitions"]) == (OPEN, [{"topic": topic, "partition": 1}])
    [found] = told("producers", f"{topic}:1", "--open", *at)
    assert (found["producerId"], found["startOffset"]) == (producer.id, 0)
    [plan] = told("fence", name, *at)
    assert not plan["done"] and not is_settled(connection, topic, 1)
    [fenced] = told("fence", name, "--execute", *at)
    assert fenced["done"]
    assert is_settled(connection, topic, 1)
    assert producer.end(True)["error_code"] == raw.PRODUCER_FENCED
    assert read_committed(connection, topic, 1) == []


# Too much, and nonsense


def test_a_transaction_of_a_hundred_thousand_partitions(broker, connection, topic, name):
    """None of which exists: all are refused, none is kept, and others are served meanwhile."""
    connection.create(topic)
    producer = new_producer(connection, name, V1)
    number = connection.send(
        apis_transactions.ADD_PARTITIONS_TO_TXN,
        3,
        topics=[{"name": topic, "partitions": list(range(100_000))}],
        **producer.owner,
    )
    began = time.monotonic()
    with raw.Connection(broker.address) as other:
        assert other.produce(topic, raw.batch(b"x"))["error_code"] == 0
    answer = connection.receive(apis_transactions.ADD_PARTITIONS_TO_TXN, 3, number)
    assert time.monotonic() - began < 10
    codes = errors(answer["topics"])[topic]
    assert len(codes) == 100_000
    assert codes[0] == raw.OPERATION_NOT_ATTEMPTED
    assert {codes[index] for index in range(1, 100_000)} == {raw.UNKNOWN_TOPIC_OR_PARTITION}
    assert describe(connection, name)[name]["topics"] == []
    producer.good_add(topic, 0)
    producer.good_produce(topic, b"y")
    producer.commit()


def test_a_hundred_thousand_topics_that_do_not_exist(connection, topic, name):
    connection.create(topic)
    producer = new_producer(connection, name, V1)
    topics = [{"name": f"no-{number}", "partitions": [0]} for number in range(100_000)]
    answer = connection.call(apis_transactions.ADD_PARTITIONS_TO_TXN, 3, topics=topics, **producer.owner)
    assert {code for codes in errors(answer["topics"]).values() for code in codes.values()} == {
        raw.UNKNOWN_TOPIC_OR_PARTITION
    }
    assert producer.end(True)["error_code"] == raw.INVALID_TXN_STATE


def test_one_bad_partition_keeps_the_others_out(connection, topic, name):
    connection.create(topic, 2)
    producer = new_producer(connection, name, V1)
    assert producer.add(topic, 0, 5, 1) == {
        0: raw.OPERATION_NOT_ATTEMPTED,
        5: raw.UNKNOWN_TOPIC_OR_PARTITION,
        1: raw.OPERATION_NOT_ATTEMPTED,
    }
    assert producer.produce(topic, b"x")["error_code"] == raw.INVALID_TXN_STATE
    assert producer.add(topic, 0, 0, 1) == {0: 0, 1: 0}
    # What is there already is there.
    assert producer.add(topic, 0) == {0: 0}
    producer.good_produce(topic, b"x")
    producer.commit()
    assert read_committed(connection, topic) == [b"x"]


def test_strangers_add_nothing(connection, topic, name):
    connection.create(topic)
    group = unique("group")
    producer = new_producer(connection, name, V1)
    stranger = TransactionalProducer(connection, name, V1)
    for identity, number, epoch, expected in (
        (name, producer.id + 99, 0, raw.INVALID_PRODUCER_ID_MAPPING),
        (name, producer.id, 7, raw.PRODUCER_FENCED),
        ("nobody", producer.id, 0, raw.INVALID_PRODUCER_ID_MAPPING),
    ):
        stranger.identity, stranger.id, stranger.epoch = identity, number, epoch
        assert stranger.add(topic, 0) == {0: expected}
        assert stranger.add_offsets(group) == expected
        assert stranger.commit_offset(group, topic, 1) != 0
    stranger.identity, stranger.id, stranger.epoch = "", producer.id, 0
    assert stranger.add(topic, 0) == {0: raw.INVALID_REQUEST}
    assert stranger.add_offsets(group) == raw.INVALID_REQUEST


def test_long_names_and_many_of_them(broker, connection, topic):
    """Five hundred transactional ids of 8 KB: kept, described, and no burden."""
    connection.create(topic)
    before = broker.memory()
    names = [f"{number:05}" + "é" * 4000 for number in range(500)]
    find_coordinator(connection, names[0])
    for name in names:
        TransactionalProducer(connection, name).good_init()
    found = describe(connection, *names[:100])
    assert {entry["state"] for entry in found.values()} == {"Empty"}
    assert broker.memory() - before < 100 * 1024 * 1024
    assert end_offset(connection, topic) == 0


def test_topics_that_belong_to_the_broker_are_not_for_clients(connection, name):
    """Nobody writes into the record of transactions by a transaction."""
    producer = new_producer(connection, name, V1)
    codes = producer.add("__transaction_state", 0)
    answer = producer.produce("__transaction_state", b"x")
    assert answer["error_code"] != 0, (codes, answer)
    plain = connection.produce("__transaction_state", raw.batch(b"x"))
    assert plain["error_code"] != 0
