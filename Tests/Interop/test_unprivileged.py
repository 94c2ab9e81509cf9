"""The broker needs no privilege. Tests often run as root, who may do what nobody else may."""

import os
import shutil

import pytest

from clients import ALL
from clients.admin import ADMINS
from records import Record

CONFLUENT = ALL[1]


def test_a_broker_without_any_capability_serves(own_broker):
    """Setting SO_DEBUG instead of TCP_NODELAY went unseen: both are number 1, and root may set either."""
    prefix = []
    if os.getuid() == 0:
        if not shutil.which("setpriv"):
            pytest.skip("dropping capabilities takes setpriv")
        prefix = ["setpriv", "--bounding-set=-all", "--inh-caps=-all"]
    broker = own_broker({}, prefix=prefix)
    ADMINS[0].create(broker.address, "plain", 1, {})
    CONFLUENT.produce(broker.address, "plain", [Record(b"k", b"v")])
    assert [record.value for record in CONFLUENT.consume(broker.address, "plain", 1)] == [b"v"]
    broker.restart()
    assert CONFLUENT.watermarks(broker.address, "plain") == (0, 1)
