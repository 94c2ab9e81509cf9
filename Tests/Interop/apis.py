"""Schemas of the requests that the tests send by hand."""

from wire import Api

PRODUCE = Api(
    0,
    "Produce",
    9,
    """
    transactional_id: string?
    acks: int16 = -1
    timeout_ms: int32 = 10000
    topics: [
        name: string until 12
        topic_id: uuid since 13
        partitions: [
            index: int32
            records: bytes?
        ]
    ]
    """,
    """
    topics: [
        name: string until 12
        topic_id: uuid since 13
        partitions: [
            index: int32
            error_code: int16
            base_offset: int64
            log_append_time_ms: int64
            log_start_offset: int64 since 5
            record_errors: [ since 8
                batch_index: int32
                message: string?
            ]
            error_message: string? since 8
        ]
    ]
    throttle_time_ms: int32
    """,
)

FETCH = Api(
    1,
    "Fetch",
    12,
    """
    replica_id: int32 until 14 = -1
    max_wait_ms: int32 = 0
    min_bytes: int32 = 1
    max_bytes: int32 = 52428800
    isolation_level: int8
    session_id: int32 since 7 = 0
    session_epoch: int32 since 7 = -1
    topics: [
        name: string until 12
        topic_id: uuid since 13
        partitions: [
            index: int32
            current_leader_epoch: int32 since 9 = -1
            fetch_offset: int64
            last_fetched_epoch: int32 since 12 = -1
            log_start_offset: int64 since 5 = -1
            partition_max_bytes: int32 = 1048576
        ]
    ]
    forgotten: [ since 7
        name: string until 12
        topic_id: uuid since 13
        partitions: [int32]
    ]
    rack_id: string since 11
    """,
    """
    throttle_time_ms: int32
    error_code: int16 since 7
    session_id: int32 since 7
    topics: [
        name: string until 12
        topic_id: uuid since 13
        partitions: [
            index: int32
            error_code: int16
            high_watermark: int64
            last_stable_offset: int64
            log_start_offset: int64 since 5
            aborted: [?
                producer_id: int64
                first_offset: int64
            ]
            preferred_read_replica: int32 since 11
            records: bytes?
        ]
    ]
    """,
)

LIST_OFFSETS = Api(
    2,
    "ListOffsets",
    6,
    """
    replica_id: int32 = -1
    isolation_level: int8 since 2
    topics: [
        name: string
        partitions: [
            index: int32
            current_leader_epoch: int32 since 4 = -1
            timestamp: int64
        ]
    ]
    timeout_ms: int32 since 10 = 5000
    """,
    """
    throttle_time_ms: int32 since 2
    topics: [
        name: string
        partitions: [
            index: int32
            error_code: int16
            timestamp: int64
            offset: int64
            leader_epoch: int32 since 4
        ]
    ]
    """,
)

METADATA = Api(
    3,
    "Metadata",
    9,
    """
    topics: [?
        topic_id: uuid since 10
        name: string?
    ]
    allow_auto_topic_creation: bool since 4 = false
    include_cluster_authorized_operations: bool since 8 until 10
    include_topic_authorized_operations: bool since 8
    """,
    """
    throttle_time_ms: int32 since 3
    brokers: [
        node_id: int32
        host: string
        port: int32
        rack: string? since 1
    ]
    cluster_id: string? since 2
    controller_id: int32 since 1
    topics: [
        error_code: int16
        name: string?
        topic_id: uuid since 10
        is_internal: bool since 1
        partitions: [
            error_code: int16
            index: int32
            leader_id: int32
            leader_epoch: int32 since 7
            replicas: [int32]
            in_sync: [int32]
            offline: [int32] since 5
        ]
        authorized_operations: int32 since 8
    ]
    cluster_authorized_operations: int32 since 8 until 10
    error_code: int16 since 13
    """,
)

FIND_COORDINATOR = Api(
    10,
    "FindCoordinator",
    3,
    """
    key: string until 3
    key_type: int8 since 1
    keys: [string] since 4
    """,
    """
    throttle_time_ms: int32 since 1
    error_code: int16 until 3
    error_message: string? since 1 until 3
    node_id: int32 until 3
    host: string until 3
    port: int32 until 3
    coordinators: [ since 4
        key: string
        node_id: int32
        host: string
        port: int32
        error_code: int16
        error_message: string?
    ]
    """,
)

API_VERSIONS = Api(
    18,
    "ApiVersions",
    3,
    """
    software_name: string since 3 = interop
    software_version: string since 3 = 1.0
    """,
    """
    error_code: int16
    api_keys: [
        key: int16
        min: int16
        max: int16
    ]
    throttle_time_ms: int32 since 1
    """,
)

CREATE_TOPICS = Api(
    19,
    "CreateTopics",
    5,
    """
    topics: [
        name: string
        partition_count: int32 = 1
        replication_factor: int16 = 1
        assignments: [
            index: int32
            brokers: [int32]
        ]
        configs: [
            name: string
            value: string?
        ]
    ]
    timeout_ms: int32 = 10000
    validate_only: bool
    """,
    """
    throttle_time_ms: int32
    topics: [
        name: string
        topic_id: uuid since 7
        error_code: int16
        error_message: string?
        partition_count: int32 since 5
        replication_factor: int16 since 5
        configs: [? since 5
            name: string
            value: string?
            read_only: bool
            source: int8
            is_sensitive: bool
        ]
    ]
    """,
)

DELETE_TOPICS = Api(
    20,
    "DeleteTopics",
    4,
    """
    topics: [ since 6
        name: string?
        topic_id: uuid
    ]
    names: [string] until 5
    timeout_ms: int32 = 10000
    """,
    """
    throttle_time_ms: int32
    topics: [
        name: string?
        topic_id: uuid since 6
        error_code: int16
        error_message: string? since 5
    ]
    """,
)

INIT_PRODUCER_ID = Api(
    22,
    "InitProducerId",
    2,
    """
    transactional_id: string?
    timeout_ms: int32 = 60000
    producer_id: int64 since 3 = -1
    producer_epoch: int16 since 3 = -1
    enable_two_phase: bool since 6
    keep_prepared: bool since 6
    """,
    """
    throttle_time_ms: int32
    error_code: int16
    producer_id: int64
    producer_epoch: int16
    ongoing_producer_id: int64 since 6
    ongoing_producer_epoch: int16 since 6
    """,
)

OFFSET_FOR_LEADER_EPOCH = Api(
    23,
    "OffsetForLeaderEpoch",
    4,
    """
    replica_id: int32 since 3 = -1
    topics: [
        name: string
        partitions: [
            index: int32
            current_leader_epoch: int32 = -1
            leader_epoch: int32
        ]
    ]
    """,
    """
    throttle_time_ms: int32
    topics: [
        name: string
        partitions: [
            error_code: int16
            index: int32
            leader_epoch: int32
            end_offset: int64
        ]
    ]
    """,
)

DESCRIBE_CLUSTER = Api(
    60,
    "DescribeCluster",
    0,
    """
    include_authorized_operations: bool
    endpoint_type: int8 since 1 = 1
    include_fenced_brokers: bool since 2
    """,
    """
    throttle_time_ms: int32
    error_code: int16
    error_message: string?
    endpoint_type: int8 since 1
    cluster_id: string
    controller_id: int32
    brokers: [
        node_id: int32
        host: string
        port: int32
        rack: string?
        is_fenced: bool since 2
    ]
    authorized_operations: int32
    """,
)

DESCRIBE_TOPIC_PARTITIONS = Api(
    75,
    "DescribeTopicPartitions",
    0,
    """
    topics: [
        name: string
    ]
    partition_limit: int32 = 2000
    cursor: {?
        topic: string
        partition: int32
    }
    """,
    """
    throttle_time_ms: int32
    topics: [
        error_code: int16
        name: string?
        topic_id: uuid
        is_internal: bool
        partitions: [
            error_code: int16
            index: int32
            leader_id: int32
            leader_epoch: int32
            replicas: [int32]
            in_sync: [int32]
            eligible: [int32]?
            last_known_eligible: [int32]?
            offline: [int32]
        ]
        authorized_operations: int32
    ]
    next_cursor: {?
        topic: string
        partition: int32
    }
    """,
)
