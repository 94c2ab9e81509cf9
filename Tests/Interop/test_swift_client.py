"""Our own client against the release binary while things break: its program says whether it kept its word.

`MARTLET_CLIENT_CHECK` names the program; without it, the one built beside the broker. The runs get longer
with `MARTLET_TURMOIL_SECONDS`, `MARTLET_CLIENT_CYCLES` and `MARTLET_SOAK_RECORDS`: 36,000,000 records are an
hour at 10,000 a second.
"""

import json
import os
import random
import subprocess
import time
from pathlib import Path

import pytest

from broker import BINARY, REPOSITORY, free_port
from proxy import Faults, Proxy

TURMOIL_SECONDS = int(os.environ.get("MARTLET_TURMOIL_SECONDS", "8"))
CYCLES = int(os.environ.get("MARTLET_CLIENT_CYCLES", "1000"))
SOAK_RECORDS = int(os.environ.get("MARTLET_SOAK_RECORDS", "2000000"))

# Members that went down without a word are missed soon, and nobody waits for more of them to join.
GROUPS = {
    "group.initial.rebalance.delay.ms": 0,
    "group.consumer.session.timeout.ms": 3_000,
    "group.consumer.min.session.timeout.ms": 1_000,
    "group.consumer.heartbeat.interval.ms": 500,
    "group.consumer.min.heartbeat.interval.ms": 100,
}


def program():
    named = os.environ.get("MARTLET_CLIENT_CHECK")
    places = [named] if named else [Path(BINARY).parent / "martlet-client-check"]
    places += [] if named else [REPOSITORY / ".build/debug/martlet-client-check"]
    for place in places:
        if os.access(place, os.X_OK):
            return str(place)
    pytest.skip(f"{places[0]} is missing: build it, or name another in MARTLET_CLIENT_CHECK")


def launch(mode, address, topic, **options):
    command = [program(), mode, "--bootstrap", address, "--topic", topic]
    for name, value in options.items():
        command += [f"--{name}", str(value)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def findings(process, seconds):
    """The program's last line; its exit code must say that every promise was kept."""
    try:
        output, _ = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        raise AssertionError(f"still at work after {seconds} s: {process.communicate()[0]}") from None
    assert process.returncode == 0, output
    return json.loads(output.splitlines()[-1])


@pytest.mark.parametrize("classic", [0, 1], ids=["consumer", "classic"])
def test_nothing_acknowledged_is_lost_when_the_broker_dies(own_broker, topic, classic):
    """Killed and started again, with pauses from nothing to more than a second."""
    broker = own_broker(GROUPS)
    process = launch("turmoil", broker.address, topic, seconds=TURMOIL_SECONDS, rate=2_000, classic=classic)
    chance = random.Random(classic)
    end = time.monotonic() + TURMOIL_SECONDS
    crashes = 0
    while time.monotonic() < end:
        time.sleep(chance.uniform(0.5, 2))
        broker.kill9()
        time.sleep(chance.choice([0, 0.3, 1.2]))
        broker.start()
        crashes += 1
    facts = findings(process, 180)
    assert crashes > 1
    assert facts["acknowledged"] == facts["log"] > 0, facts


@pytest.mark.parametrize("seed", [1, 2])
def test_nothing_acknowledged_is_lost_when_requests_are(own_broker, topic, seed):
    """A proxy delays, repeats, loses and cuts requests and answers, and hides the broker from the client."""
    port = free_port()
    faults = Faults(slow=30, twice=10, late=10, lost=10, unanswered=10)
    with Proxy(f"127.0.0.1:{port}", seed, faults) as proxy:
        own_broker({**GROUPS, "advertised.listeners": f"PLAINTEXT://{proxy.address}"}, port=port)
        process = launch("turmoil", proxy.address, topic, seconds=TURMOIL_SECONDS, rate=2_000)
        time.sleep(TURMOIL_SECONDS + 2)
        proxy.calm()
        facts = findings(process, 180)
        assert facts["acknowledged"] == facts["log"] > 0, facts
        assert proxy.counts["lost"] + proxy.counts["unanswered"] > 0, proxy.counts


def test_clients_that_come_and_go_leave_nothing_behind(broker, topic):
    """Descriptors and threads of the process are what they were, however many lives; memory does not grow."""
    facts = findings(launch("cycles", broker.address, topic, count=CYCLES), 60 + CYCLES * 0.2)
    before, after = facts["before"], facts["after"]
    assert after["descriptors"] <= before["descriptors"], facts
    # The pools of the process are bounded, and may start a thread late.
    assert after["threads"] <= before["threads"] + 4, facts
    # A leaked client would cost tens of kilobytes; allocators may keep some megabytes.
    assert after["rssKiB"] <= before["rssKiB"] + 8 * 1024 + CYCLES, facts


def test_memory_stays_flat_while_records_pass(own_broker, topic):
    """What the allocator keeps grows by up to 20 MB, in steps whose time is chance; 16 bytes that are left
    behind with each record would be 32 MB and more."""
    broker = own_broker({"log.retention.bytes": 256 * 1024 * 1024, "log.segment.bytes": 64 * 1024 * 1024})
    facts = findings(
        launch("soak", broker.address, topic, records=SOAK_RECORDS, bytes=100), 120 + SOAK_RECORDS / 10_000
    )
    memory = [sample["rssKiB"] for sample in facts["samples"]]
    print(f"\nresident KiB after each tenth of {SOAK_RECORDS} records: {memory}")
    assert memory[-1] <= memory[0] + 24 * 1024, memory
    # A connection that was cut may be open twice for a moment.
    assert facts["samples"][-1]["descriptors"] <= facts["samples"][0]["descriptors"] + 2, facts
