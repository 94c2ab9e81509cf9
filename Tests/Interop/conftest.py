"""Brokers and topics for the tests: one broker per module, names that never repeat."""

import itertools
import os

import pytest

import clients
from broker import BINARY, Broker

_numbers = itertools.count(1)


def pytest_sessionstart(session):
    if not os.access(BINARY, os.X_OK):
        pytest.exit(
            f"{BINARY} is missing: run 'make build' first, or name another in MARTLET_BINARY", returncode=2
        )


@pytest.fixture(scope="module")
def broker(request):
    """The module's broker; a module's `SETTINGS` become its configuration."""
    broker = Broker(getattr(request.module, "SETTINGS", None))
    try:
        broker.start()
        yield broker
        broker.close()
    finally:
        broker.abandon()


@pytest.fixture
def own_broker():
    """Makes brokers that a test may kill or restart."""
    made = []

    def make(settings=None, **options):
        broker = Broker(settings, **options)
        made.append(broker)
        broker.start()
        return broker

    try:
        yield make
        for broker in made:
            broker.close()
    finally:
        for broker in made:
            broker.abandon()


@pytest.fixture
def topic(request):
    return unique("topic")


def unique(word):
    return f"{word}-{next(_numbers)}"


@pytest.fixture(params=clients.ALL, ids=lambda client: client.name)
def client(request):
    return request.param
