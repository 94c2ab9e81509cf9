"""One data directory, two brokers: the second leaves, the first does not notice."""

import subprocess
from shutil import rmtree

from broker import Broker
from clients import ALL
from clients.admin import ADMINS
from records import Record

CONFLUENT = ALL[1]


def test_the_second_broker_on_a_directory_says_what_to_do_and_leaves(own_broker):
    first = own_broker()
    ADMINS[0].create(first.address, "shared", 1, {})
    CONFLUENT.produce(first.address, "shared", [Record(None, b"before")])
    second = Broker(data=first.data)
    done = subprocess.run(second.command, capture_output=True, text=True, timeout=10)
    rmtree(second.root)
    assert done.returncode > 0, done.returncode
    said = done.stdout + done.stderr
    assert str(first.data) in said
    assert "in use by another broker" in said and "--data-dir" in said, said
    CONFLUENT.produce(first.address, "shared", [Record(None, b"after")])
    assert [r.value for r in CONFLUENT.consume(first.address, "shared", 2)] == [b"before", b"after"]


def test_a_killed_broker_leaves_no_lock_behind(own_broker):
    broker = own_broker()
    ADMINS[0].create(broker.address, "kept", 1, {})
    CONFLUENT.produce(broker.address, "kept", [Record(None, b"x")])
    for _ in range(3):
        broker.kill9()
        broker.start()
    assert CONFLUENT.watermarks(broker.address, "kept") == (0, 1)
