"""kcat, Debian's: librdkafka 2.0.2, old protocol versions."""

import itertools
import re
import subprocess

from records import Received

# Not in the records under test.
_END = "\x1eend\x1f"
_KEY = "\x1ekey\x1f"

_LINE = re.compile(rb"(\d+) (\d+) (-?\d+) (-?\d+) (-?\d+)\n")


class KcatClient:
    name = "kcat"
    sets_timestamps = False

    def can_send(self, record):
        """It cannot say null and empty in one record, and drops a record that is empty altogether."""
        return (record.key, record.value) not in ((b"", None), (None, b""))

    def produce(self, address, topic, records, *, partition=0, codec="none", idempotent=False):
        for group, members in itertools.groupby(records, key=_group):
            headers, empty_is_null = group
            command = ["kcat", "-P", "-b", address, "-t", topic, "-p", str(partition), "-z", codec]
            command += ["-D", _END, "-K", _KEY, "-X", "message.max.bytes=16777216"]
            command += ["-X", f"enable.idempotence={str(idempotent).lower()}"]
            command += ["-Z"] if empty_is_null else []
            for name, value in headers:
                argument = name.encode() if value is None else name.encode() + b"=" + value
                command += ["-H", argument]
            run(command, b"".join(_encode(record) for record in members))

    def consume(self, address, topic, count, *, partitions=(0,), start="beginning", seconds=20.0):
        command = ["kcat", "-C", "-q", "-b", address, "-t", topic, "-o", str(start), "-c", str(count)]
        # One partition, or all there are.
        command += ["-p", str(partitions[0])] if len(partitions) == 1 else []
        command += ["-X", "check.crcs=true", "-f", r"%o %p %T %K %S\n%k%s%h\n"]
        return list(_parse(run(command, seconds=seconds)))

    def offset_for_time(self, address, topic, timestamp, *, partition=0):
        offset = self._query(address, topic, partition, timestamp)
        return None if offset < 0 else offset

    def watermarks(self, address, topic, *, partition=0):
        return (self._query(address, topic, partition, -2), self._query(address, topic, partition, -1))

    def _query(self, address, topic, partition, timestamp):
        answer = run(["kcat", "-Q", "-b", address, "-t", f"{topic}:{partition}:{timestamp}"]).decode()
        found = re.search(r"offset (-?\d+)", answer)
        assert found, f"kcat -Q said {answer!r}"
        return int(found.group(1))


def run(command, data=b"", seconds=60.0):
    done = subprocess.run(command, input=data, capture_output=True, timeout=seconds)
    assert done.returncode == 0, f"{command[:6]}… left with {done.returncode}: {done.stderr.decode()[-2000:]}"
    return done.stdout


def _group(record):
    """One run of kcat has one set of headers, and takes everything empty alike: as null or as empty."""
    return (record.headers, record.value is None)


def _encode(record):
    # Without the separator kcat sends a null key. A message of nothing at all it would drop, so the separator
    # stands there too: such a message occurs only where empty means null.
    separator = b"" if record.key is None and record.value is not None else _KEY.encode()
    return (record.key or b"") + separator + (record.value or b"") + _END.encode()


def _parse(output):
    position = 0
    while position < len(output):
        line = _LINE.match(output, position)
        assert line, f"kcat printed {output[position : position + 80]!r}"
        offset, partition, timestamp, key_length, value_length = map(int, line.groups())
        position = line.end()
        key, position = _take(output, position, key_length)
        value, position = _take(output, position, value_length)
        end = output.index(b"\n", position)
        headers = tuple(_header(text) for text in output[position:end].split(b",") if text)
        position = end + 1
        yield Received(partition, offset, timestamp, key, value, headers)


def _take(output, position, length):
    if length < 0:
        return None, position
    return output[position : position + length], position + length


def _header(text):
    name, _, value = text.partition(b"=")
    return (name.decode(), None if value == b"NULL" else value)
