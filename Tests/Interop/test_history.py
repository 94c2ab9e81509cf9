"""The checker of histories finds what is wrong in them, and nothing else."""

import copy

import pytest

from history import ABORTED, COMMITTED, UNKNOWN, History, OffsetSeen, Poll, Transaction, Write, check


def good():
    """Two producers, two partitions, every outcome; a reader that reads in pieces; offsets."""
    return History(
        transactions=[
            Transaction(
                "a", 1, [Write(0, "a1", 0), Write(1, "a2", 0), Write(0, "a3", 1)], COMMITTED, 1, 3, 1
            ),
            Transaction("b", 1, [Write(0, "b1", 3), Write(1, "b2", 1)], ABORTED, 2, 4, 1),
            Transaction("a", 2, [Write(0, "a4", 5), Write(1, "a5", 4)], UNKNOWN, 5, None, 2),
            Transaction("b", 2, [Write(0, "b3", 6)], UNKNOWN, 5, None, 2),
            Transaction("b", 3, [Write(1, "b4", 6), Write(0, "b5", 8)], COMMITTED, 6, 9, 3),
        ],
        polls=[
            Poll("one", 0, 0, 3, [(0, "a1"), (1, "a3")]),
            Poll("one", 0, 3, 7, [(5, "a4")]),
            Poll("one", 0, 7, 9, [(8, "b5")]),
            Poll("two", 0, 4, 9, [(5, "a4"), (8, "b5")]),
            Poll("one", 1, 0, 7, [(0, "a2"), (4, "a5"), (6, "b4")]),
        ],
        offsets_seen=[
            OffsetSeen("a", -1, 0.5, 0.6),
            OffsetSeen("a", 1, 4, 5),
            OffsetSeen("a", 2, 8, 9),
            OffsetSeen("b", -1, 8, 9),
            OffsetSeen("b", 3, 9.5, 9.6),
        ],
        log={0: [(0, "a1"), (1, "a3"), (5, "a4"), (8, "b5")], 1: [(0, "a2"), (4, "a5"), (6, "b4")]},
        offsets={"a": 2, "b": 3},
    )


def test_a_good_history_has_no_fault():
    assert check(good()) == []


def test_overlapping_writers_may_be_ordered_differently_in_each_partition():
    """A cycle of writes that the protocol permits."""
    history = History(
        transactions=[
            Transaction("a", 1, [Write(0, "a1", 0), Write(1, "a2", 1)], COMMITTED, 1, 3),
            Transaction("b", 1, [Write(0, "b1", 1), Write(1, "b2", 0)], COMMITTED, 2, 4),
        ],
        log={0: [(0, "a1"), (1, "b1")], 1: [(0, "b2"), (1, "a2")]},
    )
    assert check(history) == []
    # But not if one was over before the other began.
    history.transactions[1].began = 3.5
    assert words(check(history)) == {"out of time"}


def words(complaints):
    return {complaint.partition(":")[0] for complaint in complaints}


def remove(history, value):
    for partition, records in history.log.items():
        history.log[partition] = [record for record in records if record[1] != value]
    for poll in history.polls:
        poll.records = [record for record in poll.records if record[1] != value]


def aborted_record_in_the_log(history):
    history.log[0].insert(2, (3, "b1"))
    history.polls = []


def aborted_record_in_one_poll(history):
    history.polls[1].records.insert(0, (3, "b1"))


def committed_record_missing(history):
    remove(history, "b4")
    history.offsets_seen, history.transactions[4].commits = [], None


def half_of_an_unknown_transaction(history):
    remove(history, "a5")


def record_twice(history):
    history.log[0].append((9, "b5"))


def record_elsewhere(history):
    history.log[0][-1] = (7, "b5")
    history.polls = []


def record_of_nobody(history):
    history.log[1].append((9, "c1"))


def records_of_a_producer_swapped(history):
    history.log[0][:2] = [(0, "a3"), (1, "a1")]
    first = history.transactions[0]
    first.writes = [Write(w.partition, w.value) for w in first.writes]
    history.polls = []


def late_record_in_a_later_transaction(history):
    """What KIP-890 closes: a record of an aborted transaction that became part of the next one."""
    history.log[1].append((8, "b2"))


def reader_skips(history):
    history.polls[3].records.pop(0)


def reader_goes_back(history):
    history.polls[1].start = 1
    history.polls[1].records.insert(0, (1, "a3"))


def readers_differ(history):
    history.polls[2].records = [(8, "b9")]


def outputs_without_offset(history):
    history.offsets["b"] = -1
    history.offsets_seen = []


def offset_without_outputs(history):
    history.offsets["b"] = 2
    history.offsets_seen = []


def offset_of_an_aborted_transaction_seen(history):
    history.offsets_seen.insert(0, OffsetSeen("b", 1, 4.5, 4.6))


def offset_of_nobody(history):
    history.offsets["a"] = 7


def offset_behind_its_answer(history):
    history.offsets_seen[1].offset = -1


def offset_goes_back(history):
    history.offsets_seen.append(OffsetSeen("a", 1, 10, 11))


def offset_forgotten_in_the_end(history):
    history.offsets["a"] = 1


FAULTS = [
    (aborted_record_in_the_log, "aborted read"),
    (aborted_record_in_one_poll, "aborted read"),
    (committed_record_missing, "lost write"),
    (half_of_an_unknown_transaction, "torn"),
    (record_twice, "duplicate"),
    (record_elsewhere, "moved"),
    (record_of_nobody, "phantom"),
    (records_of_a_producer_swapped, "disorder"),
    (late_record_in_a_later_transaction, "aborted read"),
    (reader_skips, "skipped"),
    (reader_goes_back, "backwards"),
    (readers_differ, "phantom"),
    (outputs_without_offset, "lost offset"),
    (offset_without_outputs, "offset without output"),
    (offset_of_an_aborted_transaction_seen, "offset without output"),
    (offset_of_nobody, "offset without output"),
    (offset_behind_its_answer, "lost offset"),
    (offset_goes_back, "lost offset"),
    (offset_forgotten_in_the_end, "lost offset"),
]


@pytest.mark.parametrize("spoil,word", FAULTS, ids=[spoil.__name__ for spoil, _ in FAULTS])
def test_each_fault_is_found(spoil, word):
    history = copy.deepcopy(good())
    spoil(history)
    assert word in words(check(history)), check(history)
