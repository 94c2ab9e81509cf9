"""A real file, line by line, through clients that know nothing of each other."""

import subprocess

import pytest

from broker import BINARY
from real_file import assert_same_bytes, package_index

SETTINGS = {"num.partitions": 1}

SECONDS = 120


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    return package_index(tmp_path_factory.mktemp("index"))


def run(command, source=None, target=None):
    with open(source or "/dev/null", "rb") as stdin, open(target or "/dev/null", "wb") as stdout:
        done = subprocess.run(
            [str(word) for word in command],
            stdin=stdin,
            stdout=stdout,
            stderr=subprocess.PIPE,
            timeout=SECONDS,
        )
    assert done.returncode == 0, done.stderr.decode()[-2000:]


def kcat_consume(broker, topic, target):
    run(
        ["kcat", "-C", "-q", "-e", "-b", broker.address, "-t", topic, "-p", "0", "-o", "beginning"],
        target=target,
    )


def martlet_consume(broker, topic, target):
    command = [BINARY, "consume", topic, "--bootstrap", broker.address, "--from", "beginning", "--until-end"]
    run(command, target=target)


def test_kcat_to_martlet_consume(broker, index, topic, tmp_path):
    """kcat drops empty lines when it reads lines, so each goes in as `number<tab>line`, a key and a value."""
    numbered = tmp_path / "numbered"
    with index.open("rb") as lines, numbered.open("wb") as output:
        for number, line in enumerate(lines):
            output.write(b"%d\t%s" % (number, line))
    run(
        ["kcat", "-P", "-b", broker.address, "-t", topic, "-p", "0", "-K", "\t", "-z", "lz4"], source=numbered
    )
    martlet_consume(broker, topic, tmp_path / "out")
    assert_same_bytes(index.read_bytes(), (tmp_path / "out").read_bytes())


def test_kcat_as_it_is_loses_only_the_empty_lines(broker, index, topic, tmp_path):
    run(["kcat", "-P", "-b", broker.address, "-t", topic, "-p", "0"], source=index)
    martlet_consume(broker, topic, tmp_path / "out")
    kept = b"".join(line for line in index.read_bytes().splitlines(keepends=True) if line != b"\n")
    assert_same_bytes(kept, (tmp_path / "out").read_bytes())


def test_martlet_produce_to_kcat(broker, index, topic, tmp_path):
    run([BINARY, "produce", topic, "--bootstrap", broker.address], source=index)
    kcat_consume(broker, topic, tmp_path / "out")
    assert_same_bytes(index.read_bytes(), (tmp_path / "out").read_bytes())


@pytest.mark.parametrize("codec", ["gzip", "snappy", "zstd"])
def test_martlet_produce_compressed_to_kcat(broker, index, topic, tmp_path, codec):
    part = tmp_path / "part"
    part.write_bytes(b"".join(index.read_bytes().splitlines(keepends=True)[:100_000]))
    run([BINARY, "produce", topic, "--bootstrap", broker.address, "--compression", codec], source=part)
    kcat_consume(broker, topic, tmp_path / "out")
    assert_same_bytes(part.read_bytes(), (tmp_path / "out").read_bytes())
