"""Groups of consumers under test: members as processes, who owns what, who has read what."""

import json
import re
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from broker import BINARY
from disk import eventually

_MEMBER = Path(__file__).with_name("member.py")


@dataclass(frozen=True)
class Kind:
    """A client and the protocol it speaks in a group. kcat and martlet are programs already."""

    name: str
    program: str | None
    protocol: str = "classic"


CONFLUENT = Kind("confluent-classic", "member_confluent")
CONFLUENT_CONSUMER = Kind("confluent-consumer", "member_confluent", "consumer")
KAFKA_PYTHON = Kind("kafka-python", "member_kafka_python")
AIOKAFKA = Kind("aiokafka", "member_aio")
KCAT = Kind("kcat", None)

# The command of our own does not tell what it owns: ask the broker.
MARTLET_CLASSIC = Kind("martlet-classic", None)
MARTLET_CONSUMER = Kind("martlet-consumer", None, "consumer")

KINDS = [CONFLUENT, CONFLUENT_CONSUMER, KAFKA_PYTHON, AIOKAFKA, KCAT]
CLASSIC = [CONFLUENT, KAFKA_PYTHON, AIOKAFKA, KCAT]


class Member:
    """A process in a group. What it says arrives on a thread and is kept: `owned`, `records`, `events`.

    `strategy` is an assignor's name, `instance` makes the member static, `seconds_before_commit` leaves time
    between reading and committing. kcat commits by itself, a little later."""

    def __init__(
        self,
        kind,
        address,
        group,
        topics,
        *,
        strategy=None,
        instance=None,
        commits=True,
        session_ms=10_000,
        heartbeat_ms=300,
        metadata_ms=60_000,
        seconds_before_commit=0.0,
    ):
        self.kind, self.instance = kind, instance
        self.owned, self.records, self.events = set(), [], []
        self.errors = []
        options = {
            "program": kind.program,
            "protocol": kind.protocol,
            "address": address,
            "group": group,
            "topics": topics,
            "strategy": strategy,
            "instance": instance,
            "commits": commits,
            "session_ms": session_ms,
            "heartbeat_ms": heartbeat_ms,
            "metadata_ms": metadata_ms,
            "seconds_before_commit": seconds_before_commit,
        }
        if kind is KCAT:
            command, take, take_error = _kcat(options), self._kcat_record, self._kcat_event
        elif kind in (MARTLET_CLASSIC, MARTLET_CONSUMER):
            command, take, take_error = _martlet(options), self._martlet_record, self._error
        else:
            command, take, take_error = _python(options), self._line, self._error
        self.process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        self._threads = [
            threading.Thread(target=_each_line, args=(self.process.stdout, take), daemon=True),
            threading.Thread(target=_each_line, args=(self.process.stderr, take_error), daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    @property
    def is_running(self):
        return self.process.poll() is None

    @property
    def values(self):
        return {value for _, _, _, value in list(self.records)}

    def events_of(self, *words):
        return [event for event in list(self.events) if event["event"] in words]

    def partitions_of(self, *words):
        """All partitions that events of these kinds named, as a list: once for each time."""
        return [tuple(partition) for event in self.events_of(*words) for partition in event["partitions"]]

    def stop(self):
        """Asks the member to leave its group, and waits until it is gone."""
        self.process.send_signal(signal.SIGTERM)
        self.wait()

    def wait(self, seconds=15):
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill9()
            raise AssertionError(
                f"{self.kind.name} is still there after {seconds} s: {self.errors[-5:]}"
            ) from None
        self._gone()

    def kill9(self):
        self.process.kill()
        self.process.wait()
        self._gone()

    def pause(self):
        self.process.send_signal(signal.SIGSTOP)

    def resume(self):
        self.process.send_signal(signal.SIGCONT)

    def _gone(self):
        for thread in self._threads:
            thread.join(5)
        self.owned = set()

    def _line(self, line):
        event = json.loads(line)
        partitions = {tuple(partition) for partition in event.get("partitions", ())}
        match event["event"]:
            case "assigned":
                self.owned = self.owned | partitions
            case "revoked" | "lost":
                self.owned = self.owned - partitions
            case "records":
                self.records += [tuple(record) for record in event["records"]]
        self.events.append(event)

    def _error(self, line):
        self.errors.append(line.rstrip())

    def _kcat_record(self, line):
        topic, partition, offset, value = line.rstrip("\n").split(" ", 3)
        self.records.append((topic, int(partition), int(offset), value))

    def _martlet_record(self, line):
        record = json.loads(line)
        self.records.append((record["topic"], record["partition"], record["offset"], record["value"]))

    def _kcat_event(self, line):
        found = re.match(r"% Group .* rebalanced \(memberid .*\): (assigned|revoked): ?(.*)", line)
        if not found:
            return self._error(line)
        partitions = [(topic, int(number)) for topic, number in re.findall(r"(\S+) \[(\d+)\]", found[2])]
        self.owned = set(partitions) if found[1] == "assigned" else set()
        self.events.append({"event": found[1], "time": time.monotonic(), "partitions": partitions})


class Group:
    """Members of one group; those who left stay in `everybody`."""

    def __init__(self, address, name, topics):
        self.address, self.name = address, name
        self.topics = [topics] if isinstance(topics, str) else topics
        self.everybody = []

    def add(self, kind, **options):
        member = Member(kind, self.address, self.name, self.topics, **options)
        self.everybody.append(member)
        return member

    @property
    def members(self):
        return [member for member in self.everybody if member.is_running]

    @property
    def records(self):
        return [record for member in self.everybody for record in list(member.records)]

    @property
    def values(self):
        return {value for _, _, _, value in self.records}

    def is_divided(self, partition_count, members=None):
        """Whether every partition has exactly one owner, and nobody much more than another."""
        members = self.members if members is None else members
        counts = [len(member.owned) for member in members]
        owned = set().union(*(member.owned for member in members))
        return sum(counts) == len(owned) == partition_count and max(counts) - min(counts) <= 1

    def wait_until_divided(self, partition_count, seconds=40.0):
        def divided():
            for member in self.everybody:
                code = member.process.poll()
                assert code in (None, 0, -9), f"{member.kind.name} left with {code}: {member.errors[-8:]}"
            return self.is_divided(partition_count)

        try:
            eventually(divided, "partitions divided", seconds, every=0.05)
        except AssertionError as error:
            owned = [(m.kind.name, sorted(m.owned), m.errors[-2:], m.events[-1:]) for m in self.members]
            raise AssertionError(f"{error}: {owned}") from None

    def wait_for(self, values, seconds=30.0):
        """Until all of these have been read by somebody."""
        wanted = set(values)
        eventually(lambda: wanted <= self.values, f"{self.name} reads everything", seconds, every=0.05)

    def stop(self):
        """All at once, as each may wait for the others."""
        members = self.members
        for member in members:
            member.resume()
            member.process.send_signal(signal.SIGTERM)
        for member in members:
            member.wait()

    def abandon(self):
        for member in self.members:
            member.kill9()


def _each_line(stream, take):
    for line in stream:
        take(line.decode())


def _python(options):
    return [sys.executable, str(_MEMBER), json.dumps(options)]


def _martlet(options):
    command = [BINARY, "consume", *options["topics"], "--bootstrap", options["address"], "--json"]
    command += ["--group", options["group"], "--group-protocol", options["protocol"]]
    return [*command, "--commit-interval", "200ms"]


def _kcat(options):
    settings = {
        "auto.offset.reset": "earliest",
        "session.timeout.ms": options["session_ms"],
        "heartbeat.interval.ms": options["heartbeat_ms"],
        "topic.metadata.refresh.interval.ms": options["metadata_ms"],
        "auto.commit.interval.ms": 200,
        "enable.auto.commit": str(options["commits"]).lower(),
        "partition.assignment.strategy": options["strategy"] or "range,roundrobin",
        "fetch.wait.max.ms": 200,
        "reconnect.backoff.ms": 50,
        "reconnect.backoff.max.ms": 200,
    }
    if options["instance"]:
        settings["group.instance.id"] = options["instance"]
    command = ["kcat", "-b", options["address"], "-G", options["group"], "-E", "-u", "-f", r"%t %p %o %s\n"]
    for name, value in settings.items():
        command += ["-X", f"{name}={value}"]
    return [*command, *options["topics"]]
