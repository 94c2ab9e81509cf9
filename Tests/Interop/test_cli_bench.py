"""`martlet bench` as users run it: figures that add up, plots that open, and nothing left behind."""

import fcntl
import json
import os
import pty
import re
import signal
import struct
import subprocess
import termios
import time
import xml.etree.ElementTree as ElementTree

import pytest

from broker import BINARY

SECONDS = 120


def bench(broker, *arguments, code=0, **options):
    command = [BINARY, "bench", *arguments, "--bootstrap", broker.address]
    result = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, **options)
    assert result.returncode == code, result.stderr + result.stdout
    return result


def report(broker, *arguments, **options):
    return json.loads(bench(broker, *arguments, "--json", **options).stdout)


def topics(broker):
    command = [BINARY, "topic", "list", "--bootstrap", broker.address]
    output = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=True).stdout
    return {line.split("\t")[0] for line in output.splitlines()}


def wait_for_records(broker, process, count):
    """Until the topics of a run in progress have so many records."""
    deadline = time.monotonic() + SECONDS
    while True:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        made = [name for name in topics(broker) if name.startswith("martlet-bench-")]
        if made:
            command = [BINARY, "topic", "describe", *made, "--json", "--bootstrap", broker.address]
            result = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS)
            facts = [json.loads(line) for line in result.stdout.splitlines()]
            ends = [part["end"] or 0 for fact in facts for part in fact.get("partitions", [])]
            if sum(ends) >= count:
                return
        time.sleep(0.1)


def row(facts, name):
    return next(row for row in facts["results"] if row["name"] == name)


@pytest.fixture(autouse=True)
def nothing_is_left(broker):
    before = topics(broker)
    yield
    assert topics(broker) == before


def test_produce_reports_throughput_and_latency(broker):
    facts = report(broker, "produce", "--records", "20000", "--partitions", "3", "--producers", "2")
    sent = row(facts, "acknowledged")
    assert facts["problems"] == [] and not facts["interrupted"]
    assert sent["records"] == sent["latency"]["count"] == 20_000
    assert sent["bytes"] == 20_000 * 1_024
    assert sent["latency"]["from"] == "handed over"
    assert 0 < sent["latency"]["p50Ns"] <= sent["latency"]["p99Ns"] <= sent["latency"]["maxNs"]
    assert sum(point["recordsPerSecond"] for point in sent["throughput"]) > 0


def test_a_rate_is_kept_and_counts_from_when_records_were_due(broker):
    facts = report(broker, "produce", "--rate", "2k", "--duration", "2s", "--warm-up", "500ms")
    sent = row(facts, "acknowledged")
    assert facts["ratePerSecond"] == 2_000 and sent["latency"]["from"] == "due"
    # What was due: on a machine that is too slow for the rate, what was not sent counts as well.
    assert sent["latency"]["count"] == pytest.approx(4_000, abs=210)
    assert sent["lateness"]["maxNs"] >= sent["lateness"]["p50Ns"] >= 0
    client = facts["client"]
    assert client["cpuNs"] > 0 and client["elapsedNs"] > 2e9 and client["processors"] > 0
    assert client["bytes"] >= sent["bytes"] and client["cpuSecondsPerGB"] > 0


def test_a_rate_that_is_not_reached_shows_in_latency(broker):
    facts = report(broker, "latency", "--rate", "100M", "--duration", "2s", "--warm-up", "200ms")
    assert facts["unsentRecords"] > 100_000_000
    assert any("rate was not reached" in note for note in facts["notes"])
    for name in ["acknowledged", "received"]:
        latency = row(facts, name)["latency"]
        assert latency["count"] > 100_000_000
        # Nearly all of them were still due when the time was up, on average for half of it.
        assert latency["p50Ns"] > 500_000_000


def test_records_that_are_sent_before_the_time_is_up_are_not_spread_over_it(broker):
    facts = report(broker, "produce", "--records", "1000", "--duration", "1h")
    sent = row(facts, "acknowledged")
    assert sent["records"] == 1_000 and sent["durationNs"] < SECONDS * 1e9


@pytest.mark.parametrize("compression", ["none", "lz4", "zstd"])
def test_consume_reads_all_that_it_wrote_in_each_group(broker, compression):
    arguments = ["--records", "30000", "--groups", "2", "--consumers", "2", "--partitions", "4"]
    facts = report(broker, "consume", *arguments, "--compression", compression)
    assert row(facts, "received")["records"] == 60_000
    assert "latency" not in row(facts, "received")


def test_consume_leaves_a_topic_alone_that_was_there(broker, topic):
    subprocess.run(
        [BINARY, "produce", topic, "--bootstrap", broker.address], input="a\nb\nc\n", text=True, check=True
    )
    facts = report(broker, "consume", "--topic", topic)
    assert row(facts, "received")["records"] == 3 and row(facts, "received")["bytes"] == 3
    # For the fixture, which wants to find what was there before.
    command = [BINARY, "topic", "delete", topic, "--yes", "--bootstrap", broker.address]
    subprocess.run(command, check=True, capture_output=True)


def test_latency_end_to_end_is_at_least_that_of_publishing(broker, tmp_path):
    plot = tmp_path / "latency.svg"
    facts = report(broker, "latency", "--rate", "500", "--duration", "2s", "--plot", str(plot))
    sent, received = row(facts, "acknowledged"), row(facts, "received")
    assert received["latency"]["count"] == sent["latency"]["count"] == pytest.approx(1_000, abs=5)
    curve = [point["ns"] for point in received["latency"]["curve"]]
    assert curve == sorted(curve) and curve[-1] == received["latency"]["maxNs"]
    text = "".join(ElementTree.parse(plot).getroot().itertext())
    assert "Latency by percentile" in text and "Throughput over time" in text and "99 %" in text


def test_mixed_reports_writers_followers_and_the_reader_of_old_records(broker):
    arguments = ["--rate", "5k", "--duration", "2s", "--groups", "2", "--old-records", "5000"]
    facts = report(broker, "mixed", *arguments)
    assert [row["name"] for row in facts["results"]] == ["acknowledged", "received", "old records"]
    assert row(facts, "old records")["laps"] > 0
    assert "latency" not in row(facts, "old records")
    assert row(facts, "received")["latency"]["count"] == 2 * row(facts, "acknowledged")["latency"]["count"]


@pytest.mark.parametrize(
    "mode, count",
    [
        (["produce"], 1),
        (["produce", "--rate", "100"], 1),
        (["latency"], 1),
        # More than are written before anything is measured.
        (["mixed", "--old-records", "1000"], 1_001),
    ],
)
def test_an_interrupt_ends_it_with_results_and_without_topics(broker, mode, count):
    command = [BINARY, "bench", *mode, "--duration", "1h", "--warm-up", "0", "--json"]
    command += ["--bootstrap", broker.address]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    wait_for_records(broker, process, count)
    process.send_signal(signal.SIGINT)
    output, errors = process.communicate(timeout=SECONDS)
    assert process.returncode == 130, errors
    facts = json.loads(output)
    assert facts["interrupted"] and facts["problems"] == []
    assert row(facts, "acknowledged")["records"] > 0


def start(broker, *arguments):
    command = [BINARY, "bench", *arguments, "--timeout", "2s", "--bootstrap", broker.address]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_without_a_broker_an_interrupt_still_ends_it_and_says_what_is_left(own_broker):
    broker = own_broker()
    process = start(broker, "latency", "--duration", "1h", "--warm-up", "0")
    wait_for_records(broker, process, 1)
    broker.kill9()
    process.send_signal(signal.SIGINT)
    output, errors = process.communicate(timeout=SECONDS)
    assert process.returncode == 130, errors
    assert "martlet topic delete" in errors, errors
    assert "sent and not answered" in errors, errors
    acknowledged = output.splitlines()[0].split("\t")
    # Acknowledgements were waited for, for three seconds, and latency does not conceal that.
    assert acknowledged[0] == "acknowledged" and float(acknowledged[-1]) >= 2_900, output


def test_a_broker_that_goes_away_ends_it_with_results_and_no_word_of_loss(own_broker):
    broker = own_broker()
    process = start(
        broker, "latency", "--duration", "5s", "--warm-up", "0", "--delivery-timeout", "1s", "--json")
    wait_for_records(broker, process, 1)
    broker.kill9()
    output, errors = process.communicate(timeout=SECONDS)
    assert process.returncode == 1, errors
    facts = json.loads(output)
    assert row(facts, "acknowledged")["records"] > 0 and row(facts, "received")["records"] > 0
    assert any("not acknowledged" in problem for problem in facts["problems"]), facts["problems"]
    assert not any("did not come" in problem for problem in facts["problems"]), facts["problems"]


def test_a_run_that_fails_leaves_no_empty_plot(broker, tmp_path):
    plot = tmp_path / "none.svg"
    bench(broker, "produce", "--topic", "no-such-topic", "--plot", str(plot), code=1)
    assert not plot.exists()
    plot.write_text("from before")
    bench(broker, "produce", "--topic", "no-such-topic", "--plot", str(plot), code=1)
    assert plot.read_text() == "from before"


def test_records_that_the_topic_refuses_are_an_error(broker):
    arguments = ["--record-size", "100K", "--topic-config", "max.message.bytes=1000", "--records", "10"]
    failed = bench(broker, "produce", *arguments, code=1)
    assert "not acknowledged" in failed.stderr


def test_elsewhere_than_on_a_terminal_there_are_tabs_and_no_plot(broker):
    result = bench(broker, "produce", "--records", "1000")
    lines = result.stdout.splitlines()
    assert len(lines) == 1 and len(lines[0].split("\t")) == 11
    assert "full buffer" in result.stderr
    quiet = bench(broker, "produce", "--records", "1000", "--quiet", "--terminal-plot")
    assert quiet.stderr == "" and "Throughput over time" in quiet.stdout
    assert quiet.stdout.isascii() or "⠀" <= max(quiet.stdout)


@pytest.mark.parametrize("term, dots", [("xterm", True), ("dumb", False)])
def test_a_terminal_shows_progress_table_and_plot(broker, term, dots):
    main, side = pty.openpty()
    # Too narrow for the table, which is turned on its side.
    fcntl.ioctl(side, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 60, 0, 0))
    environment = {**os.environ, "TERM": term, "LC_ALL": "C.UTF-8"}
    command = [BINARY, "bench", "latency", "--duration", "3s", "--bootstrap", broker.address]
    process = subprocess.Popen(command, stdout=side, stderr=side, env=environment)
    os.close(side)
    output = b""
    while True:
        try:
            part = os.read(main, 65536)
        except OSError:
            break
        if not part:
            break
        output += part
    os.close(main)
    assert process.wait(SECONDS) == 0, output.decode()
    text = output.decode()
    lines = re.split(r"[\r\n]+", re.sub("\x1b\\[[0-9]*m", "", text))
    assert max(len(line) for line in lines if "sending and" in line or "martlet: " not in line) <= 60, lines
    assert "sending and reading" in text and "P99.9 MS" in text and "Latency by percentile" in text
    assert any("\u2801" <= character <= "\u28ff" for character in text) == dots


@pytest.mark.parametrize(
    "arguments, expectation",
    [
        (["latency", "--rate", "unlimited"], "--rate 5k"),
        (["produce", "--rate", "fast"], "20k"),
        (["produce", "--record-size", "10"], "24 bytes"),
        (["produce", "--plot", "x.png"], ".svg"),
        (["produce", "--topic", "t", "--partitions", "3"], "--topic"),
        (["consume", "--consumers", "2"], "for 1 partition: "),
        (["produce", "--batch-bytes", "2G"], "up to 1G"),
        (["produce", "--json", "--terminal-plot"], "exclude"),
    ],
)
def test_wrong_flags_say_what_was_expected(broker, arguments, expectation):
    assert expectation in bench(broker, *arguments, code=2).stderr


def test_a_plot_that_cannot_be_written_is_told_before_anything_is_done(broker):
    failed = bench(broker, "produce", "--plot", "/nowhere/at/all.svg", code=1)
    assert "/nowhere/at/all.svg" in failed.stderr
