"""Schemas of the requests around transactions that the tests send by hand."""

from wire import Api

_TOPICS = """
            topics: [
                name: string
                partitions: [int32]
            ]
"""

_TOPIC_RESULTS = """
            topics: [
                name: string
                partitions: [
                    index: int32
                    error_code: int16
                ]
            ]
"""

ADD_PARTITIONS_TO_TXN = Api(
    24,
    "AddPartitionsToTxn",
    3,
    f"""
    transactions: [ since 4
        transactional_id: string
        producer_id: int64
        producer_epoch: int16
        verify_only: bool{_TOPICS}
    ]
    transactional_id: string until 3
    producer_id: int64 until 3
    producer_epoch: int16 until 3
    topics: [ until 3
        name: string
        partitions: [int32]
    ]
    """,
    f"""
    throttle_time_ms: int32
    error_code: int16 since 4
    transactions: [ since 4
        transactional_id: string{_TOPIC_RESULTS}
    ]
    topics: [ until 3
        name: string
        partitions: [
            index: int32
            error_code: int16
        ]
    ]
    """,
)

ADD_OFFSETS_TO_TXN = Api(
    25,
    "AddOffsetsToTxn",
    3,
    """
    transactional_id: string
    producer_id: int64
    producer_epoch: int16
    group_id: string
    """,
    """
    throttle_time_ms: int32
    error_code: int16
    """,
)

END_TXN = Api(
    26,
    "EndTxn",
    3,
    """
    transactional_id: string
    producer_id: int64
    producer_epoch: int16
    committed: bool
    """,
    """
    throttle_time_ms: int32
    error_code: int16
    producer_id: int64 since 5
    producer_epoch: int16 since 5
    """,
)

WRITE_TXN_MARKERS = Api(
    27,
    "WriteTxnMarkers",
    1,
    """
    markers: [
        producer_id: int64
        producer_epoch: int16
        committed: bool
        topics: [
            name: string
            partitions: [int32]
        ]
        coordinator_epoch: int32 = -1
        transaction_version: int8 since 2 = 0
    ]
    """,
    f"""
    markers: [
        producer_id: int64{_TOPIC_RESULTS}
    ]
    """,
)

TXN_OFFSET_COMMIT = Api(
    28,
    "TxnOffsetCommit",
    3,
    """
    transactional_id: string
    group_id: string
    producer_id: int64
    producer_epoch: int16
    generation: int32 since 3 = -1
    member_id: string since 3
    instance_id: string? since 3
    topics: [
        name: string until 5
        topic_id: uuid since 6
        partitions: [
            index: int32
            offset: int64
            leader_epoch: int32 since 2 = -1
            metadata: string?
        ]
    ]
    """,
    """
    throttle_time_ms: int32
    topics: [
        name: string until 5
        topic_id: uuid since 6
        partitions: [
            index: int32
            error_code: int16
        ]
    ]
    """,
)

UPDATE_FEATURES = Api(
    57,
    "UpdateFeatures",
    0,
    """
    timeout_ms: int32 = 60000
    updates: [
        feature: string
        level: int16
        allow_downgrade: bool until 0
        upgrade_type: int8 since 1 = 1
    ]
    validate_only: bool since 1
    """,
    """
    throttle_time_ms: int32
    error_code: int16
    error_message: string?
    results: [ until 1
        feature: string
        error_code: int16
        error_message: string?
    ]
    """,
)

DESCRIBE_PRODUCERS = Api(
    61,
    "DescribeProducers",
    0,
    """
    topics: [
        name: string
        partitions: [int32]
    ]
    """,
    """
    throttle_time_ms: int32
    topics: [
        name: string
        partitions: [
            index: int32
            error_code: int16
            error_message: string?
            producers: [
                producer_id: int64
                producer_epoch: int32
                last_sequence: int32
                last_timestamp: int64
                coordinator_epoch: int32
                transaction_start: int64
            ]
        ]
    ]
    """,
)

DESCRIBE_TRANSACTIONS = Api(
    65,
    "DescribeTransactions",
    0,
    """
    transactional_ids: [string]
    """,
    f"""
    throttle_time_ms: int32
    transactions: [
        error_code: int16
        transactional_id: string
        state: string
        timeout_ms: int32
        start_time_ms: int64
        producer_id: int64
        producer_epoch: int16{_TOPICS}
    ]
    """,
)

LIST_TRANSACTIONS = Api(
    66,
    "ListTransactions",
    0,
    """
    states: [string]
    producer_ids: [int64]
    duration_ms: int64 since 1 = -1
    pattern: string? since 2
    """,
    """
    throttle_time_ms: int32
    error_code: int16
    unknown_states: [string]
    transactions: [
        transactional_id: string
        producer_id: int64
        state: string
    ]
    """,
)
