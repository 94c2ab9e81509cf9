"""A bare connection to a broker: requests by hand, garbage when wanted."""

import itertools
import socket
import struct

from kafka.record.default_records import DefaultRecordBatchBuilder
from kafka.record.memory_records import MemoryRecords

import apis
from records import BASE_TIMESTAMP
from wire import Reader, Writer

# The error codes that the tests name.
OFFSET_OUT_OF_RANGE = 1
CORRUPT_MESSAGE = 2
UNKNOWN_TOPIC_OR_PARTITION = 3
MESSAGE_TOO_LARGE = 10
OFFSET_METADATA_TOO_LARGE = 12
COORDINATOR_LOAD_IN_PROGRESS = 14
COORDINATOR_NOT_AVAILABLE = 15
NOT_COORDINATOR = 16
INVALID_TOPIC = 17
INVALID_REQUIRED_ACKS = 21
ILLEGAL_GENERATION = 22
INCONSISTENT_GROUP_PROTOCOL = 23
INVALID_GROUP_ID = 24
UNKNOWN_MEMBER_ID = 25
INVALID_SESSION_TIMEOUT = 26
REBALANCE_IN_PROGRESS = 27
UNSUPPORTED_VERSION = 35
TOPIC_ALREADY_EXISTS = 36
INVALID_PARTITIONS = 37
INVALID_REPLICATION_FACTOR = 38
INVALID_CONFIG = 40
INVALID_REQUEST = 42
UNSUPPORTED_FOR_MESSAGE_FORMAT = 43
POLICY_VIOLATION = 44
OUT_OF_ORDER_SEQUENCE = 45
INVALID_PRODUCER_EPOCH = 47
INVALID_TXN_STATE = 48
INVALID_PRODUCER_ID_MAPPING = 49
INVALID_TRANSACTION_TIMEOUT = 50
CONCURRENT_TRANSACTIONS = 51
TRANSACTION_COORDINATOR_FENCED = 52
TRANSACTIONAL_ID_AUTHORIZATION_FAILED = 53
OPERATION_NOT_ATTEMPTED = 55
KAFKA_STORAGE_ERROR = 56
NON_EMPTY_GROUP = 68
GROUP_ID_NOT_FOUND = 69
FETCH_SESSION_ID_NOT_FOUND = 70
INVALID_FETCH_SESSION_EPOCH = 71
FENCED_LEADER_EPOCH = 74
UNKNOWN_LEADER_EPOCH = 75
MEMBER_ID_REQUIRED = 79
GROUP_MAX_SIZE_REACHED = 81
FENCED_INSTANCE_ID = 82
GROUP_SUBSCRIBED_TO_TOPIC = 86
INVALID_RECORD = 87
UNSTABLE_OFFSET_COMMIT = 88
THROTTLING_QUOTA_EXCEEDED = 89
PRODUCER_FENCED = 90
RESOURCE_NOT_FOUND = 91
INVALID_UPDATE_VERSION = 95
FEATURE_UPDATE_FAILED = 96
UNKNOWN_TOPIC_ID = 100
TRANSACTIONAL_ID_NOT_FOUND = 105
FENCED_MEMBER_EPOCH = 110
UNRELEASED_INSTANCE_ID = 111
UNSUPPORTED_ASSIGNOR = 112
STALE_MEMBER_EPOCH = 113
UNKNOWN_SUBSCRIPTION_ID = 117
TELEMETRY_TOO_LARGE = 118
TRANSACTION_ABORTABLE = 120
INVALID_REGULAR_EXPRESSION = 128

EARLIEST, LATEST, MAX_TIMESTAMP, EARLIEST_LOCAL, LATEST_TIERED = -2, -1, -3, -4, -5


class Closed(Exception):
    """The broker closed the connection."""


class Connection:
    """Requests are numbered from 1; answers must come in that order."""

    def __init__(self, address, seconds=10.0):
        host, port = address.rsplit(":", 1)
        self.socket = socket.create_connection((host, int(port)), seconds)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.numbers = itertools.count(1)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def call(self, api, version, **fields):
        """Sends one request and returns its decoded answer."""
        number = self.send(api, version, **fields)
        return self.receive(api, version, number)

    def send(self, api, version, **fields):
        number = next(self.numbers)
        self.socket.sendall(frame(api, version, number, **fields))
        return number

    def receive(self, api, version, number):
        data = self.read_frame()
        (actual,) = struct.unpack_from(">i", data)
        assert actual == number, f"answer {actual} came where {number} was due"
        flexible = api.is_flexible(version)
        reader = Reader(data[4:], version, flexible)
        if flexible and api is not apis.API_VERSIONS:
            reader.tags()
        value = reader.struct(api.response)
        rest = len(data) - 4 - reader.position
        assert rest == 0, f"{rest} bytes too many behind a {api.name} v{version} answer"
        return value

    def read_frame(self):
        (count,) = struct.unpack(">i", self.read(4))
        return self.read(count)

    def read(self, count):
        data = bytearray()
        while len(data) < count:
            try:
                part = self.socket.recv(min(count - len(data), 1 << 20))
            except (ConnectionResetError, BrokenPipeError) as error:
                raise Closed from error
            if not part:
                raise Closed
            data += part
        return bytes(data)

    def is_closed_within(self, seconds):
        """Whether the broker closes, after whatever it still says."""
        self.socket.settimeout(seconds)
        try:
            while self.socket.recv(65536):
                pass
            return True
        except TimeoutError:
            return False
        except ConnectionError:
            return True

    # The requests that most tests need.

    def create(self, topic, partition_count=1, **configs):
        pairs = [{"name": name.replace("_", "."), "value": str(value)} for name, value in configs.items()]
        topic = {"name": topic, "partition_count": partition_count, "configs": pairs}
        [answer] = self.call(apis.CREATE_TOPICS, 7, topics=[topic])["topics"]
        assert answer["error_code"] == 0, answer
        return answer["topic_id"]

    def produce(self, topic, records, *, partition=0, version=9, acks=-1):
        """Returns the partition's answer. `topic` is a name, or an id from version 13 on."""
        part = {"index": partition, "records": records}
        topics = [{"topic_id" if version >= 13 else "name": topic, "partitions": [part]}]
        return only_partition(self.call(apis.PRODUCE, version, acks=acks, topics=topics))

    def fetch(self, topic, offset, *, partition=0, version=12, max_wait_ms=0, isolation_level=0, **settings):
        part = {"index": partition, "fetch_offset": offset, **settings}
        topics = [{"topic_id" if version >= 13 else "name": topic, "partitions": [part]}]
        fields = {"max_wait_ms": max_wait_ms, "isolation_level": isolation_level}
        return only_partition(self.call(apis.FETCH, version, topics=topics, **fields))

    def list_offset(self, topic, timestamp, *, partition=0, version=7):
        topics = [{"name": topic, "partitions": [{"index": partition, "timestamp": timestamp}]}]
        return only_partition(self.call(apis.LIST_OFFSETS, version, topics=topics))


def only_partition(answer):
    [topic] = answer["topics"]
    [partition] = topic["partitions"]
    return partition


def frame(api, version, number, **fields):
    body = Writer(version, api.is_flexible(version))
    body.struct(api.request, fields)
    return frame_of(header(api.key, version, number, api.is_flexible(version)) + b"".join(body.parts))


def frame_of(data):
    return struct.pack(">i", len(data)) + data


def header(key, version, number, flexible, client_id=b"raw"):
    tags = b"\x00" if flexible else b""
    return struct.pack(">hhih", key, version, number, len(client_id)) + client_id + tags


def batch(*values, producer=(-1, -1, -1), codec=0, timestamp=BASE_TIMESTAMP, key=None, transactional=False):
    """A record batch as kafka-python encodes it; `producer` is (id, epoch, first sequence)."""
    builder = DefaultRecordBatchBuilder(
        magic=2,
        compression_type=codec,
        is_transactional=transactional,
        producer_id=producer[0],
        producer_epoch=producer[1],
        base_sequence=producer[2],
        batch_size=1 << 30,
    )
    for index, value in enumerate(values):
        builder.append(index, timestamp + index, key, value, [])
    return bytes(builder.build())


def unpack(records):
    """(offset, value) of every record in a fetched record set; a batch that was cut off is left out."""
    found = []
    batches = MemoryRecords(records or b"")
    while batches.has_next():
        decoded = batches.next_batch()
        assert decoded.validate_crc()
        found += [(record.offset, record.value) for record in decoded]
    return found


_CRC_TABLE = []
for _byte in range(256):
    for _ in range(8):
        _byte = _byte >> 1 ^ (0x82F63B78 if _byte & 1 else 0)
    _CRC_TABLE.append(_byte)


def crc32c(data):
    """Castagnoli's CRC, bit by bit of a table: for small batches only."""
    value = 0xFFFFFFFF
    for byte in data:
        value = value >> 8 ^ _CRC_TABLE[(value ^ byte) & 0xFF]
    return value ^ 0xFFFFFFFF
