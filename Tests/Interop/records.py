"""What the tests send and how they compare what comes back."""

import json
import random
from dataclasses import dataclass

# A fixed past moment: a broker that stamps its own time instead of keeping the producer's is caught.
BASE_TIMESTAMP = 1_700_000_000_000

CODECS = ["none", "gzip", "snappy", "lz4", "zstd"]


@dataclass(frozen=True)
class Record:
    key: bytes | None = None
    value: bytes | None = None
    headers: tuple = ()
    timestamp: int | None = None


@dataclass(frozen=True)
class Received:
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: tuple

    @property
    def content(self):
        return (self.key, self.value, self.headers)


def random_bytes(count, seed):
    return random.Random(seed).randbytes(count)


def events(count, seed, start=BASE_TIMESTAMP):
    """Events of a shop as services write them: 250 to 400 bytes of JSON with ids, times, nested fields."""
    source = random.Random(seed)
    kinds = ["order.created", "order.paid", "item.added", "item.removed", "page.viewed", "search.made"]
    sites = ["/cart", "/checkout", "/products/shoes", "/products/books", "/account", "/"]
    found = []
    for number in range(count):
        user = f"user-{source.randrange(5000)}"
        event = {
            "id": f"{source.getrandbits(64):016x}",
            "type": source.choice(kinds),
            "time": start + number * 7,
            "user": {"id": user, "country": source.choice(["de", "fr", "us", "jp", "br"]), "vip": False},
            "page": source.choice(sites),
            "items": [
                {"sku": f"SKU-{source.randrange(900):05}", "count": source.randrange(1, 5), "price": 1990}
                for _ in range(source.randrange(1, 4))
            ],
            "service": "shop-frontend",
            "version": "4.17.2",
        }
        headers = (("trace", b"%016x" % source.getrandbits(64)),)
        found.append(Record(user.encode(), json.dumps(event).encode(), headers, start + number * 7))
    return found


def sample():
    """Every shape a record can have, in an order that a consumer must keep."""
    everything = bytes(range(256))
    shapes = [
        Record(None, b"a value without a key"),
        Record(b"key", b"value"),
        Record(b"deleted", None),
        Record(None, None),
        Record(b"", b""),
        Record(b"", None),
        Record(None, b""),
        Record(b"x", b"y"),
        Record("ključ".encode(), "žluťoučký kůň 🐎".encode()),
        Record(everything, everything[::-1] * 4),
        Record(b"one header", b"v", (("trace", b"0af7651916cd43dd"),)),
        Record(b"many", b"v", (("a", b"1"), ("a", b"2"), ("empty", b""), ("ž", b"\x01\xff"))),
        Record(b"null header", b"v", (("null", None),)),
        Record(None, None, (("only", b"headers"),)),
        Record(b"compressible", b"martlet " * 2500),
        Record(b"incompressible", random_bytes(5000, seed=1)),
    ]
    return [
        Record(shape.key, shape.value, shape.headers, BASE_TIMESTAMP + 1000 * index)
        for index, shape in enumerate(shapes)
    ]


def assert_same(sent, received, *, timestamps, first_offset=0, between=None):
    """`timestamps`: the producer chose them, so they must come back; else they lie in the span `between`."""
    assert [r.offset for r in received] == list(range(first_offset, first_offset + len(sent)))
    for expected, actual in zip(sent, received, strict=True):
        assert actual.content == (expected.key, expected.value, expected.headers), (
            f"at offset {actual.offset}"
        )
        if timestamps:
            assert actual.timestamp == expected.timestamp, f"at offset {actual.offset}"
        elif between:
            assert between[0] <= actual.timestamp <= between[1], f"at offset {actual.offset}"
