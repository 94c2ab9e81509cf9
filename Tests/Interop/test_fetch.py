"""Fetch requests by hand: versions, limits, topic ids, sessions."""

import pytest

import raw

SETTINGS = {"num.partitions": 1}

BATCH_COUNT = 20
VALUE = b"v" * 1000


@pytest.fixture(scope="module")
def filled(broker):
    """Twenty batches of two records, a bit over 2 KB each; name and id of their topic."""
    with raw.Connection(broker.address) as connection:
        topic_id = connection.create("filled", partition_count=3)
        for _ in range(BATCH_COUNT):
            assert connection.produce("filled", raw.batch(VALUE, VALUE))["error_code"] == 0
    return "filled", topic_id


@pytest.fixture
def connection(broker):
    with raw.Connection(broker.address) as connection:
        yield connection


@pytest.mark.parametrize("version", range(4, 19))
def test_every_version_reads(connection, filled, version):
    name, topic_id = filled
    answer = connection.fetch(topic_id if version >= 13 else name, 0, version=version)
    assert (answer["error_code"], answer["high_watermark"]) == (0, 2 * BATCH_COUNT)
    assert answer["last_stable_offset"] == 2 * BATCH_COUNT
    assert answer.get("log_start_offset", 0) == 0
    assert [offset for offset, _ in raw.unpack(answer["records"])] == list(range(2 * BATCH_COUNT))


def test_an_unknown_topic_id_is_refused(connection):
    answer = connection.fetch(b"\x07" * 16, 0, version=13)
    assert answer["error_code"] == raw.UNKNOWN_TOPIC_ID


def test_a_read_in_a_batch_starts_with_that_batch(connection, filled):
    answer = connection.fetch(filled[0], 7)
    assert raw.unpack(answer["records"])[0][0] == 6


def test_the_limit_of_a_partition_is_kept_but_one_batch_always_comes(connection, filled):
    sizes = {}
    for limit in (1, 2100, 5000, 50_000):
        records = connection.fetch(filled[0], 0, partition_max_bytes=limit)["records"]
        sizes[limit] = len(raw.unpack(records))
    assert sizes == {1: 2, 2100: 2, 5000: 4, 50_000: 2 * BATCH_COUNT}


def test_the_limit_of_a_request_is_kept_across_partitions(connection, topic):
    connection.create(topic, partition_count=3)
    for partition in range(3):
        connection.produce(topic, raw.batch(VALUE, VALUE), partition=partition)
    parts = [{"index": index, "fetch_offset": 0} for index in range(3)]
    answer = connection.call(
        raw.apis.FETCH, 12, max_bytes=2500, topics=[{"name": topic, "partitions": parts}]
    )
    counts = [len(raw.unpack(part["records"])) for part in answer["topics"][0]["partitions"]]
    assert sorted(counts) == [0, 0, 2]


def test_what_the_session_saw_is_sent_again_only_when_it_changed(connection, topic):
    connection.create(topic, partition_count=2)
    topics = [{"name": topic, "partitions": [{"index": index, "fetch_offset": 0} for index in (0, 1)]}]
    first = connection.call(raw.apis.FETCH, 12, session_epoch=0, topics=topics)
    assert first["error_code"] == 0
    session = first["session_id"]
    assert session != 0
    assert len(first["topics"][0]["partitions"]) == 2

    nothing = connection.call(raw.apis.FETCH, 12, session_id=session, session_epoch=1)
    assert (nothing["error_code"], nothing["session_id"], nothing["topics"]) == (0, session, [])

    connection.produce(topic, raw.batch(b"news"), partition=1)
    part = raw.only_partition(connection.call(raw.apis.FETCH, 12, session_id=session, session_epoch=2))
    assert (part["index"], raw.unpack(part["records"])) == (1, [(0, b"news")])

    moved = [{"name": topic, "partitions": [{"index": 1, "fetch_offset": 1}]}]
    answer = connection.call(raw.apis.FETCH, 12, session_id=session, session_epoch=3, topics=moved)
    assert not any(part["records"] for part in (answer["topics"] or [{"partitions": []}])[0]["partitions"])

    forgotten = [{"name": topic, "partitions": [1]}]
    connection.call(raw.apis.FETCH, 12, session_id=session, session_epoch=4, forgotten=forgotten)
    connection.produce(topic, raw.batch(b"unseen"), partition=1)
    assert connection.call(raw.apis.FETCH, 12, session_id=session, session_epoch=5)["topics"] == []


def test_a_session_wakes_for_any_of_its_partitions(connection, broker, topic):
    connection.create(topic, partition_count=2)
    topics = [{"name": topic, "partitions": [{"index": index, "fetch_offset": 0} for index in (0, 1)]}]
    session = connection.call(raw.apis.FETCH, 12, session_epoch=0, topics=topics)["session_id"]
    number = connection.send(raw.apis.FETCH, 12, session_id=session, session_epoch=1, max_wait_ms=8000)
    with raw.Connection(broker.address) as producing:
        producing.produce(topic, raw.batch(b"w"), partition=1)
    part = raw.only_partition(connection.receive(raw.apis.FETCH, 12, number))
    assert raw.unpack(part["records"]) == [(0, b"w")]


def test_wrong_sessions_are_refused(connection, filled):
    topics = [{"name": filled[0], "partitions": [{"index": 0, "fetch_offset": 0}]}]
    unknown = connection.call(raw.apis.FETCH, 12, session_id=12345, session_epoch=1)
    assert unknown["error_code"] == raw.FETCH_SESSION_ID_NOT_FOUND
    session = connection.call(raw.apis.FETCH, 12, session_epoch=0, topics=topics)["session_id"]
    skipped = connection.call(raw.apis.FETCH, 12, session_id=session, session_epoch=7)
    assert skipped["error_code"] == raw.INVALID_FETCH_SESSION_EPOCH
    # Epoch -1 ends the session and is answered in full.
    closing = connection.call(raw.apis.FETCH, 12, session_id=session, session_epoch=-1, topics=topics)
    assert (closing["error_code"], closing["session_id"]) == (0, 0)
    gone = connection.call(raw.apis.FETCH, 12, session_id=session, session_epoch=2)
    assert gone["error_code"] == raw.FETCH_SESSION_ID_NOT_FOUND


def test_sessions_are_bounded(broker, filled):
    """A client that opens sessions without end costs nothing but an answer without a session."""
    topics = [{"name": filled[0], "partitions": [{"index": 2, "fetch_offset": 0}]}]
    with raw.Connection(broker.address) as connection:
        before = broker.memory()
        for _ in range(3000):
            assert connection.call(raw.apis.FETCH, 12, session_epoch=0, topics=topics)["error_code"] == 0
        assert broker.memory() - before < 32 * 1024 * 1024


def test_a_wrong_leader_epoch_is_told_apart(connection, filled):
    epoch = connection.list_offset(filled[0], raw.LATEST)["leader_epoch"]
    answer = connection.fetch(filled[0], 0, current_leader_epoch=epoch + 1)
    assert answer["error_code"] == raw.UNKNOWN_LEADER_EPOCH
    if epoch > 0:
        assert (
            connection.fetch(filled[0], 0, current_leader_epoch=epoch - 1)["error_code"]
            == raw.FENCED_LEADER_EPOCH
        )
