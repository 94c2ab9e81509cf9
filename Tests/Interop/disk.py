"""What a broker has on its disk, seen from outside; and waiting for what it does there in the background."""

import json
import os
import struct
import subprocess
import time

from broker import BINARY


def eventually(condition, what, seconds=20.0, every=0.1):
    """Asks until the answer is true and returns it; the last answer is part of the complaint."""
    deadline = time.monotonic() + seconds
    while not (answer := condition()):
        assert time.monotonic() < deadline, f"not within {seconds} s: {what} ({answer!r})"
        time.sleep(every)
    return answer


def directory(broker, topic, partition=0):
    return broker.data / f"{topic}-{partition}"


def segments(path):
    """The segment files, oldest first; the last is the active one."""
    return sorted(entry for entry in path.iterdir() if entry.name.endswith(".log"))


def sealed_bytes(path):
    """What the segments hold that are not written any more; the active one has space reserved ahead."""
    return sum(size_of(file) or 0 for file in segments(path)[:-1])


def deleted_files(path):
    return sorted(entry.name for entry in path.iterdir() if entry.name.endswith(".deleted"))


def held_files(broker):
    """Files that have no name any more and yet take space, since the broker has them open."""
    folder = f"/proc/{broker.process.pid}/fd"
    found = []
    for entry in os.listdir(folder):
        try:
            name = os.readlink(f"{folder}/{entry}")
        except FileNotFoundError:
            continue
        if name.endswith("(deleted)") and str(broker.data) in name:
            found.append(name)
    return found


def size_of(file):
    """None if it is gone: background work renames files under our eyes."""
    try:
        return os.stat(file).st_size
    except FileNotFoundError:
        return None


def is_quiet(path, seconds=1.5):
    """Whether nothing below changes for a while. Segments count, not what is written beside them."""

    def state():
        return [(file.name, size_of(file), _identity(file)) for file in segments(path)]

    before = state()
    time.sleep(seconds)
    return state() == before


def _identity(file):
    try:
        return os.stat(file).st_ino
    except FileNotFoundError:
        return None


def martlet(*arguments):
    """Runs the command; the caller looks at its exit code."""
    return subprocess.run([BINARY, *map(str, arguments)], capture_output=True, text=True, timeout=60)


def dump(file):
    """The headers of all batches in a segment."""
    done = martlet("log", "dump", "--json", file)
    assert done.returncode == 0, f"martlet log dump left with {done.returncode}: {done.stderr}"
    return [json.loads(line) for line in done.stdout.splitlines()]


def append_batch(path, batch):
    """Puts a batch behind the last one of a log whose broker has stopped, as another broker would have."""
    active = segments(path)[-1]
    batch = bytearray(batch)
    struct.pack_into(">q", batch, 0, dump(active)[-1]["lastOffset"] + 1)
    with active.open("ab") as file:
        file.write(batch)


def assert_verified(path):
    """Every checksum, index and offset below is as it must be, says `martlet log verify`."""
    done = martlet("log", "verify", "--records", path)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
