"""The clients under test behind one shape.

Each has `name`, `sets_timestamps`, and

    can_send(record) -> bool
    produce(address, topic, records, *, partition=0, codec="none", idempotent=False)
        returns when everything is acknowledged, raises otherwise
    consume(address, topic, count, *, partitions=(0,), start="beginning", seconds=20.0) -> [Received]
        reads `count` records from assigned partitions; `start` is "beginning" or an offset
    offset_for_time(address, topic, timestamp, *, partition=0) -> int | None
    watermarks(address, topic, *, partition=0) -> (earliest, latest)

Nothing here joins a group or commits an offset.
"""

from .aio import AiokafkaClient
from .confluent import ConfluentClient
from .kafka_python import KafkaPythonClient
from .kcat import KcatClient
from .martlet import MartletClient

ALL = [KcatClient(), ConfluentClient(), KafkaPythonClient(), AiokafkaClient()]

# With the command of our own, which has no way to ask for watermarks.
WITH_MARTLET = [*ALL, MartletClient()]
