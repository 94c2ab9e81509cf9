"""Peers that send nonsense, promise much, or never read: the broker goes on serving, within its memory."""

import contextlib
import random
import resource
import socket
import struct
import time
import zlib

import pytest

import clients
import raw
from clients.admin import ADMINS
from raw import apis
from records import BASE_TIMESTAMP, Record

SETTINGS = {"num.partitions": 1}

MEGABYTE = 1024 * 1024


@pytest.fixture(autouse=True)
def serves_others(broker):
    """After each attack an ordinary client gets what it wants, in time."""
    broker.expect_in_log(r'"level" *: *"warning"| warning ')
    yield
    began = time.monotonic()
    with raw.Connection(broker.address) as connection:
        connection.call(apis.METADATA, 9, topics=[{"name": "served"}], allow_auto_topic_creation=True)
        answer = connection.produce("served", raw.batch(b"still here"))
        assert answer["error_code"] == 0
        assert (
            raw.unpack(connection.fetch("served", answer["base_offset"])["records"])[-1][1] == b"still here"
        )
    assert time.monotonic() - began < 5
    assert broker.is_running


@contextlib.contextmanager
def peers(broker, count):
    with contextlib.ExitStack() as stack:
        yield [stack.enter_context(raw.Connection(broker.address)) for _ in range(count)]


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"GET / HTTP/1.1\r\nHost: broker\r\n\r\n", id="http"),
        pytest.param(bytes.fromhex("16030100c8010000c40303") + bytes(200), id="tls"),
        pytest.param(b"\xff" * 1000, id="ones"),
        pytest.param(struct.pack(">i", 2**31 - 1), id="length-2-gb"),
        pytest.param(struct.pack(">i", 104_857_601), id="length-over-the-limit"),
        pytest.param(struct.pack(">i", -1), id="length-negative"),
        pytest.param(struct.pack(">i", -(2**31)), id="length-most-negative"),
        pytest.param(raw.frame_of(b""), id="empty-frame"),
        pytest.param(raw.frame_of(b"\x00\x12\x00"), id="cut-off-header"),
        pytest.param(raw.frame_of(raw.header(18, 3, 1, True)[:-4]), id="client-id-beyond-the-frame"),
    ],
)
def test_what_cannot_be_a_request_closes_the_connection(broker, data):
    with raw.Connection(broker.address) as connection:
        connection.socket.sendall(data)
        assert connection.is_closed_within(3)


@pytest.mark.parametrize("key", [4, 7, 999, 32767, -1, -32768])
def test_an_unknown_request_is_refused(broker, key):
    """An answer in an unknown format would mean nothing to the peer, so the connection ends."""
    with raw.Connection(broker.address) as connection:
        connection.socket.sendall(raw.frame_of(raw.header(key, 0, 1, False) + bytes(20)))
        assert connection.is_closed_within(3)


def test_random_bytes_do_no_harm(broker):
    generator = random.Random(20261121)
    for _ in range(100):
        with raw.Connection(broker.address, seconds=3) as connection, contextlib.suppress(ConnectionError):
            body = generator.randbytes(generator.randrange(1, 400))
            connection.socket.sendall(raw.frame_of(body) if generator.random() < 0.7 else body)
            connection.socket.shutdown(socket.SHUT_WR)
            assert connection.is_closed_within(3)


def test_damaged_requests_do_no_harm(broker):
    """Each frame is a valid request of a kind that clients send, with a few bytes changed."""
    topics = [{"name": "served", "partitions": [{"index": 0, "records": raw.batch(b"a", b"b", codec=1)}]}]
    fetched = [{"name": "served", "partitions": [{"index": 0, "fetch_offset": 0}]}]
    timed = [{"name": "served", "partitions": [{"index": 0, "timestamp": BASE_TIMESTAMP}]}]
    frames = [
        raw.frame(apis.API_VERSIONS, 3, 1),
        raw.frame(apis.METADATA, 12, 1, topics=[{"name": "served"}]),
        raw.frame(apis.METADATA, 4, 1, topics=[{"name": "served"}]),
        raw.frame(apis.PRODUCE, 9, 1, acks=-1, topics=topics),
        raw.frame(apis.PRODUCE, 7, 1, acks=-1, topics=topics),
        raw.frame(apis.FETCH, 12, 1, topics=fetched),
        raw.frame(apis.FETCH, 4, 1, topics=fetched),
        raw.frame(apis.LIST_OFFSETS, 7, 1, topics=timed),
        raw.frame(apis.INIT_PRODUCER_ID, 4, 1),
        raw.frame(apis.FIND_COORDINATOR, 4, 1, keys=["g"]),
        raw.frame(apis.DESCRIBE_TOPIC_PARTITIONS, 0, 1, topics=[{"name": "served"}]),
    ]
    seed = 7
    generator = random.Random(seed)
    for number in range(600):
        data = bytearray(generator.choice(frames))
        for _ in range(generator.randrange(1, 5)):
            # The length stays true, or the broker would rightly wait for more.
            data[generator.randrange(4, len(data))] = generator.choice(
                (0, 1, 0x7F, 0x80, 0xFF, generator.randrange(256))
            )
        with raw.Connection(broker.address, seconds=5) as connection, contextlib.suppress(ConnectionError):
            connection.socket.sendall(data)
            connection.socket.shutdown(socket.SHUT_WR)
            assert connection.is_closed_within(5), f"frame {number} of seed {seed} holds the connection"
        assert broker.is_running, f"frame {number} of seed {seed}: {data.hex()}"


def test_slow_and_half_frames_hold_up_nobody(broker):
    half = raw.frame(apis.API_VERSIONS, 3, 1)
    with peers(broker, 30) as slow:
        for position in range(len(half)):
            for connection in slow:
                connection.socket.sendall(half[position : position + 1])
            if position == len(half) // 2:
                began = time.monotonic()
                clients.ALL[1].produce(broker.address, "served", [Record(None, b"meanwhile")])
                assert time.monotonic() - began < 3
        for connection in slow:
            assert connection.receive(apis.API_VERSIONS, 3, 1)["error_code"] == 0


def test_announced_bytes_cost_nothing_before_they_arrive(broker):
    """Fifty peers announce 90 MB each and send little: memory follows what was sent."""
    before = broker.memory()
    head = struct.pack(">i", 90 * MEGABYTE) + raw.header(0, 9, 1, True)
    with peers(broker, 50) as greedy:
        for connection in greedy:
            connection.socket.sendall(head + bytes(1000))
        time.sleep(0.5)
        with raw.Connection(broker.address) as connection:
            assert connection.produce("served", raw.batch(b"x"))["error_code"] == 0
        assert broker.memory() - before < 32 * MEGABYTE
    time.sleep(0.3)


def test_what_arrives_on_many_connections_stays_within_the_budget(own_broker):
    """Twenty peers push 40 MB each of a frame that never ends, 800 MB in all."""
    broker = own_broker()
    broker.expect_in_log(r'"level" *: *"warning"| warning ')
    head = struct.pack(">i", 90 * MEGABYTE) + raw.header(0, 9, 1, True)
    block = bytes(MEGABYTE)
    with peers(broker, 20) as greedy:
        for connection in greedy:
            connection.socket.sendall(head)
            connection.socket.settimeout(0.2)
        for _ in range(40):
            for connection in list(greedy):
                # A broker at its limit stops reading or closes; either is right.
                try:
                    connection.socket.sendall(block)
                except OSError:
                    greedy.remove(connection)
        # Memory for a quarter of the machine would be a budget; this much would be none.
        assert broker.memory("VmHWM") < 700 * MEGABYTE
        with raw.Connection(broker.address) as connection:
            assert connection.call(apis.API_VERSIONS, 3)["error_code"] == 0
    with raw.Connection(broker.address) as connection:
        connection.create("after")
        assert connection.produce("after", raw.batch(b"x"))["error_code"] == 0


def test_a_peer_that_never_reads_costs_little(broker, topic):
    """It asks for hundreds of megabytes and reads none of them."""
    ADMINS[0].create(broker.address, topic, 1, {"max.message.bytes": str(2 * MEGABYTE)})
    with raw.Connection(broker.address) as connection:
        for _ in range(4):
            connection.produce(topic, raw.batch(bytes(MEGABYTE)))
    fetch = {
        "topics": [
            {"name": topic, "partitions": [{"index": 0, "fetch_offset": 0, "partition_max_bytes": 2**30}]}
        ]
    }
    before = broker.memory()
    with peers(broker, 10) as deaf:
        for connection in deaf:
            connection.socket.settimeout(0.2)
            with contextlib.suppress(TimeoutError):
                for _ in range(50):
                    connection.send(apis.FETCH, 12, **fetch)
        time.sleep(0.5)
        assert broker.memory() - before < 100 * MEGABYTE


def test_a_thousand_idle_connections_cost_little(broker):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 4096), hard))
    try:
        before = broker.memory()
        with peers(broker, 1000) as idle:
            for connection in idle:
                connection.call(apis.API_VERSIONS, 3)
            assert broker.memory() - before < 64 * MEGABYTE
            clients.ALL[0].produce(broker.address, "served", [Record(None, b"y")])
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_a_decompression_bomb_is_not_unpacked(broker, topic):
    """A batch that grows a thousandfold is stored as it is; looking into it for a time stays bounded."""
    with raw.Connection(broker.address, seconds=20) as connection:
        connection.create(topic)
        packed = bytearray(raw.batch(b"x", codec=1))
        compressor = zlib.compressobj(9, zlib.DEFLATED, 31)
        body = b"".join(compressor.compress(bytes(MEGABYTE)) for _ in range(512)) + compressor.flush()
        bomb = packed[:61] + body
        struct.pack_into(">i", bomb, 8, len(bomb) - 12)
        struct.pack_into(">I", bomb, 17, raw.crc32c(bomb[21:]))
        before = broker.memory("VmHWM")
        broker.reset_peak_memory()
        connection.produce(topic, bytes(bomb))
        for timestamp in (BASE_TIMESTAMP, BASE_TIMESTAMP + 1, raw.MAX_TIMESTAMP):
            connection.list_offset(topic, timestamp)
        assert broker.memory("VmHWM") - before < 128 * MEGABYTE


def test_a_topic_cannot_have_absurdly_many_partitions(broker, topic):
    with raw.Connection(broker.address) as connection:
        for count in (2**31 - 1, 1_000_000):
            answer = connection.call(
                apis.CREATE_TOPICS, 7, topics=[{"name": topic, "partition_count": count}]
            )
            assert answer["topics"][0]["error_code"] != 0
