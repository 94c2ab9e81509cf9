"""kafka-python as `pip install kafka-python` gives it, without the packages of the other codecs.

Reads records and prints them as lines of JSON: plain_reader.py ADDRESS TOPIC COUNT
"""

import sys

for package in ("cramjam", "lz4", "lz4.frame", "lz4framed", "snappy", "zstandard", "compression", "lz4f"):
    sys.modules[package] = None

import json  # noqa: E402

import kafka.codec  # noqa: E402

from clients.kafka_python import KafkaPythonClient  # noqa: E402

assert kafka.codec.has_gzip()
for absent in (kafka.codec.has_lz4, kafka.codec.has_snappy, kafka.codec.has_zstd):
    assert not absent(), f"{absent.__name__}: a package is left"

for record in KafkaPythonClient().consume(sys.argv[1], sys.argv[2], int(sys.argv[3])):
    headers = [[name, value.hex()] for name, value in record.headers]
    print(json.dumps([record.offset, record.timestamp, record.key.hex(), record.value.hex(), headers]))
