"""Members come, go, restart and divide the partitions: every client, both protocols of groups."""

import pytest

import raw
from clients.admin import ADMINS, Refused
from clients.group_admin import GROUP_ADMINS
from conftest import unique
from disk import eventually
from group import (
    AIOKAFKA,
    CLASSIC,
    CONFLUENT,
    CONFLUENT_CONSUMER,
    KAFKA_PYTHON,
    KCAT,
    KINDS,
    MARTLET_CLASSIC,
    MARTLET_CONSUMER,
    Group,
)
from load import produce_numbers

SETTINGS = {
    "group.initial.rebalance.delay.ms": 100,
    "group.min.session.timeout.ms": 1000,
    "group.consumer.heartbeat.interval.ms": 300,
    "group.consumer.session.timeout.ms": 10_000,
}

kinds = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)


@pytest.fixture
def group(broker, topic):
    """A group of one topic, that the test creates."""
    group = Group(broker.address, unique("group"), topic)
    try:
        yield group
        group.stop()
    finally:
        group.abandon()


def create(broker, topic, partition_count):
    with raw.Connection(broker.address) as connection:
        connection.create(topic, partition_count)


def assert_read_once(group, values):
    """Everything once and by one member, who owns the partition it came from."""
    group.wait_for(values)
    records = [record for record in group.records if record[3] in set(values)]
    assert len(records) == len(values), "some were read more than once"
    for member in group.members:
        for topic, partition, _, value in list(member.records):
            assert value not in values or (topic, partition) in member.owned


@kinds
def test_one_to_twenty_members_divide_the_partitions(broker, group, topic, kind):
    """Nobody owns what another owns, nothing is left over, and each record goes to its partition's owner."""
    create(broker, topic, 20)
    numbers = iter(range(0, 10_000, 40))
    for count in (1, 3, 20):
        while len(group.members) < count:
            group.add(kind)
        group.wait_until_divided(20)
        assert len(group.members) == count
        first = next(numbers)
        produce_numbers(broker.address, topic, 20, range(first, first + 40))
        assert_read_once(group, [str(number) for number in range(first, first + 40)])
    # Most leave, in good order, together.
    leaving = group.members[3:]
    for member in leaving:
        member.process.terminate()
    for member in leaving:
        member.wait()
    group.wait_until_divided(20)
    first = next(numbers)
    produce_numbers(broker.address, topic, 20, range(first, first + 40))
    assert_read_once(group, [str(number) for number in range(first, first + 40)])


@kinds
def test_a_static_member_that_restarts_keeps_its_partitions(broker, group, topic, kind):
    """It is killed and comes back under its name: it gets what it had, and the others notice nothing.

    In the consumer protocol it has to say good-bye, or its name is taken until its session ends."""
    create(broker, topic, 9)
    members = [group.add(kind, instance=f"instance-{number}") for number in range(3)]
    group.wait_until_divided(9)
    produce_numbers(broker.address, topic, 9, range(90))
    group.wait_for(map(str, range(90)))
    had, noticed = (
        members[0].owned,
        [len(other.events_of("assigned", "revoked", "lost")) for other in members[1:]],
    )
    if kind.protocol == "consumer":
        members[0].stop()
    else:
        members[0].kill9()
    back = group.add(kind, instance="instance-0")
    eventually(lambda: back.owned, "the restarted member owns something", 15)
    group.wait_until_divided(9)
    assert back.owned == had
    produce_numbers(broker.address, topic, 9, range(90, 180))
    group.wait_for(map(str, range(90, 180)))
    assert {value for _, _, _, value in back.records} >= {
        str(number) for number in range(90, 180) if (topic, number % 9) in had
    }
    assert [len(other.events_of("assigned", "revoked", "lost")) for other in members[1:]] == noticed


@pytest.mark.parametrize(
    "kind, strategy",
    [
        pytest.param(CONFLUENT, "cooperative-sticky", id="confluent-cooperative"),
        pytest.param(KAFKA_PYTHON, "cooperative-sticky", id="kafka-python-cooperative"),
        pytest.param(CONFLUENT_CONSUMER, "uniform", id="confluent-consumer"),
    ],
)
def test_partitions_that_stay_are_not_stopped(broker, group, topic, kind, strategy):
    """A third and a fourth member come: the others give up only what goes to them."""
    create(broker, topic, 12)
    first = [group.add(kind, strategy=strategy) for _ in range(2)]
    group.wait_until_divided(12)
    had = [member.owned for member in first]
    given_up = [len(member.partitions_of("revoked", "lost")) for member in first]
    for _ in range(2):
        group.add(kind, strategy=strategy)
        group.wait_until_divided(12)
    for member, before, count in zip(first, had, given_up, strict=True):
        assert member.owned < before, "it got something new, or gave up nothing"
        gone = member.partitions_of("revoked", "lost")[count:]
        assert set(gone) == before - member.owned
        assert len(gone) == len(set(gone))


@pytest.mark.parametrize("kind", CLASSIC, ids=lambda kind: kind.name)
@pytest.mark.parametrize("strategy", ["range", "roundrobin"])
def test_classic_assignors_divide_as_their_names_say(broker, kind, strategy):
    """Two topics of three partitions: range splits each by itself, round-robin all of them in turns."""
    topics = [unique("topic") for _ in range(2)]
    for name in topics:
        create(broker, name, 3)
    group = Group(broker.address, unique("group"), topics)
    try:
        for _ in range(2):
            group.add(kind, strategy=strategy)
        share = {"range": [2, 4], "roundrobin": [3, 3]}[strategy]

        def is_divided():
            owned = [member.owned for member in group.members]
            return len(set().union(*owned)) == 6 and sorted(map(len, owned)) == share

        eventually(is_divided, f"{strategy} divides", 20)
        if strategy == "range":
            [greater] = [member.owned for member in group.members if len(member.owned) == 4]
            assert greater == {(name, number) for name in topics for number in (0, 1)}
        else:
            for member in group.members:
                assert {len([t for t, _ in member.owned if t == name]) for name in topics} == {1, 2}
        group.stop()
    finally:
        group.abandon()


@pytest.mark.parametrize("strategy", ["uniform", "range"])
def test_the_broker_divides_as_the_assignor_says(broker, group, strategy):
    topics = [unique("topic") for _ in range(2)]
    group.topics = topics
    for name in topics:
        create(broker, name, 3)
    for _ in range(2):
        group.add(CONFLUENT_CONSUMER, strategy=strategy)
    share = {"uniform": [3, 3], "range": [2, 4]}[strategy]

    def is_divided():
        owned = [member.owned for member in group.members]
        return len(set().union(*owned)) == 6 and sorted(map(len, owned)) == share

    eventually(is_divided, f"{strategy} divides", 20)


@pytest.mark.parametrize(
    "strategy, kinds",
    [
        ("range", [CONFLUENT, KAFKA_PYTHON, AIOKAFKA, KCAT]),
        ("roundrobin", [KCAT, AIOKAFKA, KAFKA_PYTHON, CONFLUENT]),
        ("cooperative-sticky", [CONFLUENT, KAFKA_PYTHON, CONFLUENT]),
        ("cooperative-sticky", [KAFKA_PYTHON, CONFLUENT, KAFKA_PYTHON]),
    ],
    ids=["range", "roundrobin", "cooperative-confluent-leads", "cooperative-kafka-python-leads"],
)
def test_clients_of_all_kinds_share_a_group(broker, group, topic, strategy, kinds):
    """Whoever leads the group divides for the others; each comes when those before it have settled."""
    create(broker, topic, 8)
    for kind in kinds:
        group.add(kind, strategy=strategy)
        group.wait_until_divided(8)
    produce_numbers(broker.address, topic, 8, range(80))
    assert_read_once(group, [str(number) for number in range(80)])
    # The one who leads goes, and another takes over.
    group.members[0].stop()
    group.wait_until_divided(8)
    produce_numbers(broker.address, topic, 8, range(80, 160))
    assert_read_once(group, [str(number) for number in range(80, 160)])


@pytest.mark.parametrize(
    "kind, others",
    [(MARTLET_CONSUMER, [CONFLUENT_CONSUMER]), (MARTLET_CLASSIC, [CONFLUENT, KAFKA_PYTHON])],
    ids=["consumer", "classic"],
)
def test_the_command_of_our_own_shares_a_group_with_others(broker, group, topic, kind, others):
    """Each owns two partitions, as the broker tells, and records go to one of them; then the others leave."""
    create(broker, topic, 6)
    for member in [kind] * (3 - len(others)) + others:
        group.add(member, strategy="range")
    for numbers in (range(60), range(60, 120)):
        members = group.members
        wanted = [6 // len(members)] * len(members)

        def is_divided(wanted=wanted):
            try:
                state, _, described = GROUP_ADMINS[0].describe(broker.address, group.name)
            except Refused:
                # Nobody has joined yet.
                return False
            return state == "Stable" and [len(owned) for _, owned in described] == wanted

        eventually(is_divided, "the broker says that all is divided", 20)
        produce_numbers(broker.address, topic, 6, numbers)
        group.wait_for(map(str, numbers))
        assert len(group.records) == len(set(group.records)) == numbers.stop
        for member in members:
            if member.kind is not kind:
                member.stop()


@kinds
def test_partitions_that_are_added_find_an_owner(broker, group, topic, kind):
    create(broker, topic, 2)
    for _ in range(2):
        group.add(kind, metadata_ms=500)
    group.wait_until_divided(2)
    ADMINS[0].add_partitions(broker.address, topic, 6)
    group.wait_until_divided(6)
    produce_numbers(broker.address, topic, 6, range(60))
    assert_read_once(group, [str(number) for number in range(60)])


@pytest.mark.parametrize("kind", [CONFLUENT, CONFLUENT_CONSUMER, KCAT], ids=lambda kind: kind.name)
def test_a_pattern_finds_topics_that_are_made_later(broker, kind):
    """The clients look for themselves in the classic protocol; in the other the broker does."""
    word = unique("pattern")
    create(broker, f"{word}-a", 2)
    group = Group(broker.address, unique("group"), f"^{word}-.*")
    try:
        for _ in range(2):
            group.add(kind, metadata_ms=500)
        group.wait_until_divided(2)
        create(broker, f"{word}-b", 4)
        create(broker, f"other-{word}", 1)
        group.wait_until_divided(6)
        assert all(name.startswith(word) for member in group.members for name, _ in member.owned)
        group.stop()
    finally:
        group.abandon()
