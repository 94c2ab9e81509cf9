"""Judges what transactional producers and readers of committed records have seen, all together.

`check(history)` returns a list of complaints, empty if all is well. It knows nothing of brokers or clients;
what it demands is what the protocol promises:

- nothing is read that nobody wrote, and nothing of a transaction that was not committed (`aborted read`);
- a committed transaction is there, all of it and once (`lost write`, `duplicate`, `moved`);
- one whose outcome its producer never heard is there as a whole or not at all (`torn`);
- in a partition, the records of a producer are in its order (`disorder`), and a transaction that was over
  when another began comes before it (`out of time`). Transactions that overlap may come in one order in one
  partition and in another order elsewhere: writers take no locks, so such cycles of writes are no fault;
  these two rules find all others;
- every reader sees the same, in order, and skips nothing (`skipped`, `phantom`, `backwards`);
- an offset committed in a transaction counts if and only if its records do (`offset without output`,
  `lost offset`).
"""

from dataclasses import dataclass, field

COMMITTED, ABORTED, UNKNOWN = "committed", "aborted", "unknown"


@dataclass(frozen=True)
class Write:
    """`offset` is what the broker answered; None if it never told."""

    partition: int
    value: str
    offset: int | None = None


@dataclass
class Transaction:
    """The `number`s of a producer count up. `began` is before its first request, `ended` behind the answer
    that it is over (None if that never came). `commits` is the offset it commits for the group of its
    producer."""

    producer: str
    number: int
    writes: list
    fate: str = UNKNOWN
    began: float = 0.0
    ended: float | None = None
    commits: int | None = None


@dataclass
class Poll:
    """What a reader was given of [start, next), all that is committed there: [(offset, value)]."""

    reader: str
    partition: int
    start: int
    next: int
    records: list


@dataclass
class OffsetSeen:
    """The offset of a producer's group (-1: none), asked for at `asked`, answered at `answered`."""

    producer: str
    offset: int
    asked: float
    answered: float


@dataclass
class History:
    """`log` is what a reader of committed records finds in the end: {partition: [(offset, value)]};
    `offsets` what the groups have committed in the end: {producer: offset or -1}."""

    transactions: list = field(default_factory=list)
    polls: list = field(default_factory=list)
    offsets_seen: list = field(default_factory=list)
    log: dict = field(default_factory=dict)
    offsets: dict = field(default_factory=dict)


def check(history):
    index = _Index(history)
    complaints = []
    for rule in (_log, _transactions, _order, _time, _polls, _offsets):
        complaints += rule(history, index)
    return complaints


class _Index:
    """Who wrote what, where it is now, and which transactions are there."""

    def __init__(self, history):
        self.writers = {}
        for transaction in history.transactions:
            for place, write in enumerate(transaction.writes):
                assert write.value not in self.writers, f"values must be unique: {write.value}"
                self.writers[write.value] = (transaction, place, write)
        self.places = {}
        for partition, records in history.log.items():
            for offset, value in records:
                self.places.setdefault(value, []).append((partition, offset))

    def is_visible(self, transaction):
        return any(write.value in self.places for write in transaction.writes)

    def writer(self, value):
        found = self.writers.get(value)
        return found[0] if found else None


def name(transaction):
    return f"{transaction.producer}#{transaction.number} ({transaction.fate})"


def _log(history, index):
    for partition, records in history.log.items():
        offsets = [offset for offset, _ in records]
        if offsets != sorted(set(offsets)):
            yield f"disorder: offsets of partition {partition} do not count up"
    for value, places in index.places.items():
        if value not in index.writers:
            yield f"phantom: nobody wrote {value}, which is at {places}"
            continue
        transaction, _, write = index.writers[value]
        if len(places) > 1:
            yield f"duplicate: {value} of {name(transaction)} is at {places}"
        for partition, offset in places:
            if partition != write.partition or write.offset not in (None, offset):
                yield f"moved: {write} of {name(transaction)} is at {partition}, {offset}"


def _transactions(_, index):
    by_identity = {id(found[0]): found[0] for found in index.writers.values()}
    for transaction in by_identity.values():
        there = [write.value for write in transaction.writes if write.value in index.places]
        gone = [write.value for write in transaction.writes if write.value not in index.places]
        if transaction.fate == ABORTED and there:
            yield f"aborted read: {there} of {name(transaction)}"
        elif transaction.fate == COMMITTED and gone:
            yield f"lost write: {gone} of {name(transaction)}"
        elif there and gone:
            yield f"torn: {name(transaction)} has {there} and lacks {gone}"


def _order(history, index):
    for partition, records in history.log.items():
        last = {}
        for offset, value in records:
            if value not in index.writers:
                continue
            transaction, place, _ = index.writers[value]
            now = (transaction.number, place)
            before = last.get(transaction.producer, (-1, -1))
            if now < before:
                yield f"disorder: {value} of {name(transaction)} at {partition}, {offset} behind {before}"
            last[transaction.producer] = now


def _time(history, index):
    """Along a partition no record may be of a transaction that was over before an earlier one's began."""
    for partition, records in history.log.items():
        latest = None
        for offset, value in records:
            transaction = index.writer(value)
            if transaction is None:
                continue
            if latest and transaction.ended is not None and transaction.ended < latest.began:
                yield (
                    f"out of time: {value} of {name(transaction)} at {partition}, {offset}"
                    f" comes behind {name(latest)}, which began later"
                )
            if latest is None or transaction.began > latest.began:
                latest = transaction


def _polls(history, index):
    went_on = {}
    for poll in history.polls:
        who = (poll.reader, poll.partition)
        start = went_on.get(who, poll.start)
        if poll.start != start or poll.next < poll.start:
            yield f"backwards: {who} read [{poll.start}, {poll.next}) and had come to {start}"
        went_on[who] = poll.next
        expected = [r for r in history.log.get(poll.partition, ()) if poll.start <= r[0] < poll.next]
        if poll.records == expected:
            continue
        for offset, value in poll.records:
            if (offset, value) not in expected:
                transaction = index.writer(value)
                is_aborted = transaction and value not in index.places
                what = f"aborted read: {name(transaction)}" if is_aborted else "phantom:"
                yield f"{what} {who} read {value} at {offset}"
        missing = [record for record in expected if record not in poll.records]
        if missing:
            yield f"skipped: {who} read [{poll.start}, {poll.next}) without {missing}"
        elif sorted(poll.records) != poll.records:
            yield f"disorder: {who} read {poll.records}"


def _offsets(history, index):
    steps = {}
    for transaction in history.transactions:
        if transaction.commits is not None:
            steps.setdefault(transaction.producer, []).append(transaction)
    for producer, transactions in steps.items():
        final = history.offsets.get(producer, -1)
        by_offset = {transaction.commits: transaction for transaction in transactions}
        highest = -1
        for transaction in transactions:
            # Without records, what its producer heard decides.
            counts = index.is_visible(transaction) if transaction.writes else transaction.fate == COMMITTED
            if counts:
                highest = max(highest, transaction.commits)
        if final < highest:
            yield f"lost offset: {producer} is at {final}, though {name(by_offset[highest])} is there"
        if final >= 0 and (complaint := _without_output(by_offset.get(final), index)):
            yield f"{complaint}: {producer} ended at {final}"
        for seen in history.offsets_seen:
            if seen.producer != producer:
                continue
            if seen.offset >= 0 and (complaint := _without_output(by_offset.get(seen.offset), index)):
                yield f"{complaint}: {producer} was at {seen.offset}"
            for transaction in transactions:
                is_over = transaction.fate == COMMITTED and (transaction.ended or 0) < seen.asked
                if is_over and transaction.ended is not None and transaction.commits > seen.offset:
                    yield f"lost offset: {producer} was at {seen.offset} behind {name(transaction)}"
    yield from _setbacks(history)


def _without_output(transaction, index):
    if transaction is None:
        return "offset without output: nobody committed it"
    if transaction.fate == ABORTED or (transaction.writes and not index.is_visible(transaction)):
        return f"offset without output: {name(transaction)}"
    return None


def _setbacks(history):
    """An offset that was seen stays; two looks that overlap may see either state."""
    latest = {}
    for seen in sorted(history.offsets_seen, key=lambda seen: seen.asked):
        for earlier in latest.get(seen.producer, ()):
            if earlier.answered < seen.asked and earlier.offset > seen.offset:
                yield f"lost offset: {seen.producer} went back from {earlier.offset} to {seen.offset}"
        latest.setdefault(seen.producer, []).append(seen)
        latest[seen.producer] = sorted(latest[seen.producer], key=lambda s: s.offset)[-4:]
    for producer, found in latest.items():
        if max(seen.offset for seen in found) > history.offsets.get(producer, -1):
            yield f"lost offset: {producer} ended at {history.offsets.get(producer, -1)}"
