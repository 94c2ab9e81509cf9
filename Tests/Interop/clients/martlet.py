"""The `martlet` command itself: records go in and out as lines of JSON."""

import base64
import json

from broker import BINARY
from records import Received

from .kcat import run


class MartletClient:
    name = "martlet"
    sets_timestamps = True

    def can_send(self, record):
        return True

    def produce(self, address, topic, records, *, partition=0, codec="none", idempotent=False):
        command = [BINARY, "produce", topic, "--bootstrap", address, "--json"]
        command += ["--partition", str(partition), "--compression", codec]
        command += [] if idempotent else ["--no-idempotence"]
        run(command, "".join(_encode(record) + "\n" for record in records).encode())

    def consume(self, address, topic, count, *, partitions=(0,), start="beginning", seconds=20.0):
        command = [BINARY, "consume", topic, "--bootstrap", address, "--json"]
        command += ["--from", str(start), "--count", str(count)]
        for partition in partitions:
            command += ["--partition", str(partition)]
        return [_decode(line) for line in run(command, seconds=seconds).splitlines()]

    def offset_for_time(self, address, topic, timestamp, *, partition=0):
        command = [BINARY, "consume", topic, "--bootstrap", address, "--json", "--partition", str(partition)]
        lines = run([*command, "--from", f"@{timestamp}", "--until-end", "--count", "1"]).splitlines()
        return json.loads(lines[0])["offset"] if lines else None


def _encode(record):
    fields = {**_text_or_base64("key", record.key), **_text_or_base64("value", record.value)}
    if record.timestamp is not None:
        fields["timestamp"] = record.timestamp
    fields["headers"] = [{"name": name, **_text_or_base64("value", value)} for name, value in record.headers]
    return json.dumps(fields)


def _text_or_base64(name, data):
    if data is None:
        return {name: None}
    try:
        return {name: data.decode()}
    except UnicodeDecodeError:
        return {name + "Base64": base64.b64encode(data).decode()}


def _decode(line):
    fields = json.loads(line)
    headers = tuple((header["name"], _bytes(header, "value")) for header in fields.get("headers", ()))
    key, value = _bytes(fields, "key"), _bytes(fields, "value")
    return Received(fields["partition"], fields["offset"], fields["timestamp"], key, value, headers)


def _bytes(fields, name):
    if name + "Base64" in fields:
        return base64.b64decode(fields[name + "Base64"])
    return None if fields[name] is None else fields[name].encode()
