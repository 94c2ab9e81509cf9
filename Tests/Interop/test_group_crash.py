"""Members and the broker die in the middle of the work: nothing is skipped, and answered commits stay."""

import contextlib
import threading
import time

import pytest

import apis_groups as apis
import raw
from broker import Broker
from conftest import unique
from disk import eventually
from group import AIOKAFKA, CONFLUENT, CONFLUENT_CONSUMER, KAFKA_PYTHON, KCAT, KINDS, MARTLET_CONSUMER, Group
from load import Load, produce_numbers
from raw_groups import commit, committed, heartbeat, join_alone

SETTINGS = {
    "group.initial.rebalance.delay.ms": 100,
    "group.min.session.timeout.ms": 1000,
    "group.consumer.heartbeat.interval.ms": 300,
    "group.consumer.session.timeout.ms": 3000,
    # Fewer partitions are loaded sooner after a crash; what matters is the same.
    "offsets.topic.num.partitions": 8,
}

PARTITIONS = 6
kinds = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)


class Watch:
    """Looks at the committed offsets of groups again and again, across crashes, and keeps what went back."""

    def __init__(self, address, groups, topic):
        self.address, self.topic = address, topic
        self.groups = {group.name: kind for kind, group in groups.items()}
        self.highest, self.setbacks = {}, {kind: [] for kind in groups}
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        self._thread.join()

    def _run(self):
        while not self._over.is_set():
            with contextlib.suppress(raw.Closed, OSError), raw.Connection(self.address) as connection:
                while not self._over.wait(0.1):
                    self._look(connection)
            time.sleep(0.05)

    def _look(self, connection):
        asked = [{"group_id": name, "topics": None} for name in self.groups]
        for group in connection.call(apis.OFFSET_FETCH, 8, groups=asked)["groups"]:
            # A broker that has just begun may say that it is still loading.
            for partition in group["topics"][0]["partitions"] if group["topics"] else ():
                key = (group["group_id"], partition["index"])
                if partition["offset"] < self.highest.get(key, -1):
                    self.setbacks[self.groups[key[0]]].append((key, self.highest[key], partition["offset"]))
                self.highest[key] = partition["offset"]


class Story:
    """One load, a group of each kind that reads it, and all that befalls them."""

    def __init__(self, broker):
        self.broker = broker
        self.groups = {kind: Group(broker.address, f"all-{kind.name}", "load") for kind in KINDS}
        self.committed, self.committed_after_crash, self.ends, self.acknowledged = {}, {}, [], set()
        self.watch = None

    def tell(self):
        with raw.Connection(self.broker.address) as connection:
            connection.create("load", PARTITIONS)
        for kind in self.groups:
            self._add(kind)
            self._add(kind)
        self.watch = Watch(self.broker.address, self.groups, "load")
        with self.watch, Load(self.broker.address, "load", PARTITIONS) as load:
            self._go_on(load)
            for kind, group in self.groups.items():
                group.members[0].kill9()
                self._add(kind)
            self._go_on(load)
            self._crash()
            self._go_on(load)
            self.broker.restart()
            self._go_on(load)
            self._crash_while_rebalancing()
            self._go_on(load)
            self.acknowledged = load.stop()
        for group in self.groups.values():
            group.wait_for(self.acknowledged)
        self._look()
        for group in self.groups.values():
            group.stop()
        self._crash()
        with raw.Connection(self.broker.address) as connection:
            self.committed_after_crash = {kind: self._committed(connection, kind) for kind in self.groups}

    def _add(self, kind):
        self.groups[kind].add(kind, session_ms=3000)

    def _crash(self):
        self.broker.kill9()
        time.sleep(0.3)
        self.broker.start()

    def _crash_while_rebalancing(self):
        """As soon as newcomers make the first give something up; some groups have not even begun then."""

        def count():
            members = [member for group in self.groups.values() for member in group.everybody]
            return sum(len(member.events_of("revoked")) for member in members)

        before = count()
        for kind in self.groups:
            self._add(kind)
        eventually(lambda: count() > before, "a rebalance begins", 10, every=0.005)
        self._crash()

    def _go_on(self, load):
        """Until every group is whole again and reads what is written now."""
        for group in self.groups.values():
            group.wait_until_divided(PARTITIONS)
        now = set(load.acknowledged)
        eventually(lambda: len(load.acknowledged) > len(now) + 20, "the load goes on", 20)
        for group in self.groups.values():
            group.wait_for(set(load.acknowledged) - now)

    def _look(self):
        with raw.Connection(self.broker.address) as connection:
            self.ends = [
                connection.list_offset("load", raw.LATEST, partition=number)["offset"]
                for number in range(PARTITIONS)
            ]
            for kind in self.groups:
                # kcat commits every now and then.
                eventually(
                    lambda kind=kind: self._committed(connection, kind) == self.ends, "all committed", 10
                )
                self.committed[kind] = self._committed(connection, kind)

    def _committed(self, connection, kind):
        name = self.groups[kind].name
        return [committed(connection, name, "load", number)["offset"] for number in range(PARTITIONS)]


@pytest.fixture(scope="module")
def story():
    broker = Broker(SETTINGS)
    story = Story(broker)
    try:
        broker.start()
        story.tell()
        yield story
        broker.close()
    finally:
        for group in story.groups.values():
            group.abandon()
        broker.abandon()


@kinds
def test_nothing_is_skipped_whoever_dies(story, kind):
    """Members are killed, the broker is killed twice and restarted under a load: every number was read."""
    assert len(story.acknowledged) > 500
    missing = story.acknowledged - story.groups[kind].values
    assert not missing, f"{len(missing)} records were never read: {sorted(missing, key=int)[:10]}"


@kinds
def test_commits_outlive_their_broker(story, kind):
    assert story.committed[kind] == story.ends
    assert story.committed_after_crash[kind] == story.ends


@kinds
def test_committed_offsets_never_go_back(story, kind):
    """Looked at ten times a second through all of it, at partitions that changed their owners many times."""
    assert len([key for key in story.watch.highest if key[0] == story.groups[kind].name]) == PARTITIONS
    assert not story.watch.setbacks[kind]


@kinds
def test_reading_goes_on_where_it_was_committed(story, kind):
    """What is read again is what was on its way when something died, not the whole log."""
    group = story.groups[kind]
    again = len(group.records) - len(set(group.records))
    assert again < len(story.acknowledged), f"{again} records of {len(story.acknowledged)} were read again"


def test_the_command_of_our_own_skips_nothing(story, topic):
    """Two members under a load: one is killed, the broker is killed, and a new member comes."""
    broker = story.broker
    with raw.Connection(broker.address) as connection:
        connection.create(topic, 4)
    group = Group(broker.address, unique("group"), topic)
    try:
        with Load(broker.address, topic, 4) as load:
            for _ in range(2):
                group.add(MARTLET_CONSUMER)
            eventually(lambda: all(len(member.records) > 20 for member in group.members), "both read", 20)
            group.members[0].kill9()
            eventually(lambda: len(load.acknowledged) > 400, "the load goes on", 20)
            broker.kill9()
            broker.start()
            newcomer = group.add(MARTLET_CONSUMER)
            eventually(lambda: len(newcomer.records) > 20, "the newcomer reads", 20)
            acknowledged = load.stop()
        group.wait_for(acknowledged)
        group.stop()
    finally:
        group.abandon()
    with raw.Connection(broker.address) as connection:
        offsets = [committed(connection, group.name, topic, number)["offset"] for number in range(4)]
    assert sum(offsets) == len(acknowledged)


@pytest.mark.parametrize("end", ["kill9", "stop"])
def test_answered_commits_are_there_after_the_end(own_broker, end):
    """Three groups commit as fast as they are answered; there may be one more than that, never less."""
    broker = own_broker({"offsets.topic.num.partitions": 4})
    with raw.Connection(broker.address) as connection:
        connection.create("topic", 3)
    sent, answered = {}, {}
    for round in range(4):
        timer = threading.Timer(0.2 + 0.1 * round, getattr(broker, end))
        with raw.Connection(broker.address) as connection:
            timer.start()
            try:
                while True:
                    for group in ("a", "b", "c"):
                        offset = sent[group] = sent.get(group, 0) + 1
                        for partition in range(3):
                            error = commit(connection, group, "topic", offset, partition=partition)
                            if error == raw.NOT_COORDINATOR:
                                raise raw.Closed
                            assert error == 0
                        answered[group] = offset
            except (raw.Closed, ConnectionError):
                pass
        timer.join()
        broker.start()
        with raw.Connection(broker.address) as connection:
            for group in answered:
                for partition in range(3):
                    found = committed(connection, group, "topic", partition)["offset"]
                    assert answered[group] <= found <= sent[group]
    assert all(offset > 20 for offset in answered.values()), answered


@pytest.mark.parametrize("end", ["kill9", "stop"])
def test_a_stable_group_outlives_its_broker(own_broker, end):
    """The members go on in their generation, with what they were assigned, and may commit."""
    broker = own_broker({"group.initial.rebalance.delay.ms": 0, "offsets.topic.num.partitions": 4})
    with raw.Connection(broker.address) as connection:
        connection.create("topic")
        member, generation = join_alone(connection, "group", b"what it does", instance="one")
    getattr(broker, end)()
    broker.start()
    with raw.Connection(broker.address) as connection:
        assert heartbeat(connection, "group", generation, member, "one") == 0
        again = connection.call(
            apis.SYNC_GROUP, 5, group_id="group", generation=generation, member_id=member, instance_id="one"
        )
        assert (again["error_code"], again["assignment"]) == (0, b"what it does")
        assert (
            commit(connection, "group", "topic", 7, generation=generation, member=member, instance="one") == 0
        )
        assert heartbeat(connection, "group", generation - 1, member, "one") == raw.ILLEGAL_GENERATION
        [found] = connection.call(apis.DESCRIBE_GROUPS, 5, groups=["group"])["groups"]
        assert (found["state"], [m["instance_id"] for m in found["members"]]) == ("Stable", ["one"])


@pytest.mark.parametrize(
    "kind", [CONFLUENT, CONFLUENT_CONSUMER, KAFKA_PYTHON, AIOKAFKA], ids=lambda kind: kind.name
)
def test_a_member_that_slept_too_long_commits_nothing(story, topic, kind):
    """It stops between reading and committing, is replaced, and wakes up: the offset does not go back."""
    address = story.broker.address
    with raw.Connection(address) as connection:
        connection.create(topic)
    group = Group(address, unique("group"), topic)
    try:
        zombie = group.add(kind, session_ms=2000, seconds_before_commit=1.0)
        group.wait_until_divided(1)
        produce_numbers(address, topic, 1, range(10))
        eventually(lambda: zombie.records, "it reads", every=0.02)
        zombie.pause()
        assert not zombie.events_of("committed")
        heir = group.add(kind, session_ms=2000)
        eventually(lambda: heir.owned, "another takes over", 20)
        group.wait_for(map(str, range(10)))
        produce_numbers(address, topic, 1, range(10, 20))
        with raw.Connection(address) as connection:
            eventually(lambda: committed(connection, group.name, topic)["offset"] == 20, "20 committed", 10)
            zombie.resume()
            eventually(lambda: zombie.events_of("refused", "trouble", "lost"), "it is told", 15)
            # It may come back as an ordinary member, and own nothing or all.
            eventually(lambda: group.is_divided(1), "one owner", 20)
            assert committed(connection, group.name, topic)["offset"] == 20
        assert not zombie.events_of("committed")
        group.stop()
    finally:
        group.abandon()


@pytest.mark.parametrize("kind", [CONFLUENT, KAFKA_PYTHON, KCAT], ids=lambda kind: kind.name)
def test_whoever_takes_a_static_members_place_shuts_it_out(story, topic, kind):
    """Two processes with one instance id: the second works, the first learns of it and commits no more.

    kafka-python learns it only when it commits; aiokafka's heartbeats name no instance, so it comes back."""
    address = story.broker.address
    with raw.Connection(address) as connection:
        connection.create(topic, 2)
    group = Group(address, unique("group"), topic)
    try:
        first = group.add(kind, instance="the-one")
        group.wait_until_divided(2)
        second = group.add(kind, instance="the-one")
        eventually(lambda: len(second.owned) == 2, "the second owns all", 20)
        produce_numbers(address, topic, 2, range(20))
        eventually(lambda: len(second.values) == 20, "the second reads", 15)

        def knows():
            return not first.is_running or first.errors or first.events_of("trouble", "refused", "lost")

        eventually(knows, "the first learns it", 15)
        assert not first.events_of("committed")
        second.stop()
    finally:
        group.abandon()


def test_a_living_static_member_cannot_be_replaced_in_the_consumer_protocol(story, topic):
    """There the second is refused as long as the first has not left, and the first goes on."""
    address = story.broker.address
    with raw.Connection(address) as connection:
        connection.create(topic, 2)
    group = Group(address, unique("group"), topic)
    try:
        first = group.add(CONFLUENT_CONSUMER, instance="the-one")
        group.wait_until_divided(2)
        second = group.add(CONFLUENT_CONSUMER, instance="the-one")
        eventually(lambda: not second.is_running or second.events_of("trouble"), "the second is refused", 15)
        assert not second.owned
        produce_numbers(address, topic, 2, range(20))
        eventually(lambda: len(first.values) == 20, "the first reads", 15)
    finally:
        group.abandon()
