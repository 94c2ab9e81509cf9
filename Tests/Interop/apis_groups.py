"""Schemas of the requests around groups that the tests send by hand."""

from wire import Api

OFFSET_COMMIT = Api(
    8,
    "OffsetCommit",
    8,
    """
    group_id: string
    generation: int32 = -1
    member_id: string
    instance_id: string? since 7
    retention_time_ms: int64 until 4 = -1
    topics: [
        name: string until 9
        topic_id: uuid since 10
        partitions: [
            index: int32
            offset: int64
            leader_epoch: int32 since 6 = -1
            metadata: string?
        ]
    ]
    """,
    """
    throttle_time_ms: int32 since 3
    topics: [
        name: string until 9
        topic_id: uuid since 10
        partitions: [
            index: int32
            error_code: int16
        ]
    ]
    """,
)

OFFSET_FETCH = Api(
    9,
    "OffsetFetch",
    6,
    """
    group_id: string until 7
    topics: [? until 7
        name: string
        indexes: [int32]
    ]
    groups: [ since 8
        group_id: string
        member_id: string? since 9
        member_epoch: int32 since 9 = -1
        topics: [?
            name: string until 9
            topic_id: uuid since 10
            indexes: [int32]
        ]
    ]
    require_stable: bool since 7
    """,
    """
    throttle_time_ms: int32 since 3
    topics: [ until 7
        name: string
        partitions: [
            index: int32
            offset: int64
            leader_epoch: int32 since 5
            metadata: string?
            error_code: int16
        ]
    ]
    error_code: int16 since 2 until 7
    groups: [ since 8
        group_id: string
        topics: [
            name: string until 9
            topic_id: uuid since 10
            partitions: [
                index: int32
                offset: int64
                leader_epoch: int32
                metadata: string?
                error_code: int16
            ]
        ]
        error_code: int16
    ]
    """,
)

OFFSET_DELETE = Api(
    47,
    "OffsetDelete",
    1000,
    """
    group_id: string
    topics: [
        name: string
        partitions: [
            index: int32
        ]
    ]
    """,
    """
    error_code: int16
    throttle_time_ms: int32
    topics: [
        name: string
        partitions: [
            index: int32
            error_code: int16
        ]
    ]
    """,
)

JOIN_GROUP = Api(
    11,
    "JoinGroup",
    6,
    """
    group_id: string
    session_timeout_ms: int32 = 10000
    rebalance_timeout_ms: int32 since 1 = 10000
    member_id: string
    instance_id: string? since 5
    protocol_type: string = consumer
    protocols: [
        name: string
        metadata: bytes
    ]
    reason: string? since 8
    """,
    """
    throttle_time_ms: int32 since 2
    error_code: int16
    generation: int32
    protocol_type: string? since 7
    protocol_name: string?
    leader: string
    skip_assignment: bool since 9
    member_id: string
    members: [
        member_id: string
        instance_id: string? since 5
        metadata: bytes
    ]
    """,
)

HEARTBEAT = Api(
    12,
    "Heartbeat",
    4,
    """
    group_id: string
    generation: int32
    member_id: string
    instance_id: string? since 3
    """,
    """
    throttle_time_ms: int32 since 1
    error_code: int16
    """,
)

LEAVE_GROUP = Api(
    13,
    "LeaveGroup",
    4,
    """
    group_id: string
    member_id: string until 2
    members: [ since 3
        member_id: string
        instance_id: string? since 3
        reason: string? since 5
    ]
    """,
    """
    throttle_time_ms: int32 since 1
    error_code: int16
    members: [ since 3
        member_id: string
        instance_id: string?
        error_code: int16
    ]
    """,
)

SYNC_GROUP = Api(
    14,
    "SyncGroup",
    4,
    """
    group_id: string
    generation: int32
    member_id: string
    instance_id: string? since 3
    protocol_type: string? since 5
    protocol_name: string? since 5
    assignments: [
        member_id: string
        assignment: bytes
    ]
    """,
    """
    throttle_time_ms: int32 since 1
    error_code: int16
    protocol_type: string? since 5
    protocol_name: string? since 5
    assignment: bytes
    """,
)

DESCRIBE_GROUPS = Api(
    15,
    "DescribeGroups",
    5,
    """
    groups: [string]
    include_authorized_operations: bool since 3
    """,
    """
    throttle_time_ms: int32 since 1
    groups: [
        error_code: int16
        error_message: string? since 6
        group_id: string
        state: string
        protocol_type: string
        protocol: string
        members: [
            member_id: string
            instance_id: string? since 4
            client_id: string
            client_host: string
            metadata: bytes
            assignment: bytes
        ]
        authorized_operations: int32 since 3
    ]
    """,
)

LIST_GROUPS = Api(
    16,
    "ListGroups",
    3,
    """
    states: [string] since 4
    types: [string] since 5
    """,
    """
    throttle_time_ms: int32 since 1
    error_code: int16
    groups: [
        group_id: string
        protocol_type: string
        state: string since 4
        type: string since 5
    ]
    """,
)

DELETE_GROUPS = Api(
    42,
    "DeleteGroups",
    2,
    """
    groups: [string]
    """,
    """
    throttle_time_ms: int32
    results: [
        group_id: string
        error_code: int16
        error_message: string? since 3
    ]
    """,
)

CONSUMER_GROUP_HEARTBEAT = Api(
    68,
    "ConsumerGroupHeartbeat",
    0,
    """
    group_id: string
    member_id: string
    member_epoch: int32
    instance_id: string?
    rack_id: string?
    rebalance_timeout_ms: int32 = -1
    names: [string]?
    regex: string? since 1
    assignor: string?
    owned: [?
        topic_id: uuid
        partitions: [int32]
    ]
    """,
    """
    throttle_time_ms: int32
    error_code: int16
    error_message: string?
    member_id: string?
    member_epoch: int32
    heartbeat_interval_ms: int32
    assignment: {?
        topics: [
            topic_id: uuid
            partitions: [int32]
        ]
    }
    """,
)

_ASSIGNMENT = """
            topics: [
                topic_id: uuid
                name: string
                partitions: [int32]
            ]
"""

CONSUMER_GROUP_DESCRIBE = Api(
    69,
    "ConsumerGroupDescribe",
    0,
    """
    groups: [string]
    include_authorized_operations: bool
    """,
    f"""
    throttle_time_ms: int32
    groups: [
        error_code: int16
        error_message: string?
        group_id: string
        state: string
        group_epoch: int32
        assignment_epoch: int32
        assignor: string
        members: [
            member_id: string
            instance_id: string?
            rack_id: string?
            member_epoch: int32
            client_id: string
            client_host: string
            names: [string]
            regex: string?
            assignment: {{{_ASSIGNMENT}
            }}
            target: {{{_ASSIGNMENT}
            }}
            type: int8 since 1
        ]
        authorized_operations: int32
    ]
    """,
)
