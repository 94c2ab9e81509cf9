"""Schemas of administration requests that the tests send by hand."""

from wire import Api

DESCRIBE_CONFIGS = Api(
    32,
    "DescribeConfigs",
    4,
    """
    resources: [
        type: int8
        name: string
        keys: [string]?
    ]
    include_synonyms: bool since 1
    include_documentation: bool since 3
    """,
    """
    throttle_time_ms: int32
    results: [
        error_code: int16
        error_message: string?
        type: int8
        name: string
        configs: [
            name: string
            value: string?
            is_read_only: bool
            source: int8 since 1
            is_sensitive: bool
            synonyms: [ since 1
                name: string
                value: string?
                source: int8
            ]
            type: int8 since 3
            documentation: string? since 3
        ]
    ]
    """,
)

ALTER_CONFIGS = Api(
    33,
    "AlterConfigs",
    2,
    """
    resources: [
        type: int8
        name: string
        configs: [
            name: string
            value: string?
        ]
    ]
    validate_only: bool
    """,
    """
    throttle_time_ms: int32
    responses: [
        error_code: int16
        error_message: string?
        type: int8
        name: string
    ]
    """,
)

INCREMENTAL_ALTER_CONFIGS = Api(
    44,
    "IncrementalAlterConfigs",
    1,
    """
    resources: [
        type: int8
        name: string
        configs: [
            name: string
            operation: int8
            value: string?
        ]
    ]
    validate_only: bool
    """,
    """
    throttle_time_ms: int32
    responses: [
        error_code: int16
        error_message: string?
        type: int8
        name: string
    ]
    """,
)

_ENTITY = """
        entity: [
            type: string
            name: string?
        ]
"""

DESCRIBE_CLIENT_QUOTAS = Api(
    48,
    "DescribeClientQuotas",
    1,
    """
    components: [
        type: string
        match_type: int8
        match: string?
    ]
    strict: bool
    """,
    f"""
    throttle_time_ms: int32
    error_code: int16
    error_message: string?
    entries: [?{_ENTITY}
        values: [
            key: string
            value: float64
        ]
    ]
    """,
)

ALTER_CLIENT_QUOTAS = Api(
    49,
    "AlterClientQuotas",
    1,
    f"""
    entries: [{_ENTITY}
        operations: [
            key: string
            value: float64
            is_removal: bool
        ]
    ]
    validate_only: bool
    """,
    f"""
    throttle_time_ms: int32
    entries: [
        error_code: int16
        error_message: string?{_ENTITY}
    ]
    """,
)

GET_TELEMETRY_SUBSCRIPTIONS = Api(
    71,
    "GetTelemetrySubscriptions",
    0,
    """
    client: uuid
    """,
    """
    throttle_time_ms: int32
    error_code: int16
    client: uuid
    subscription: int32
    compressions: [int8]
    push_interval_ms: int32
    max_bytes: int32
    is_delta: bool
    metrics: [string]
    """,
)

PUSH_TELEMETRY = Api(
    72,
    "PushTelemetry",
    0,
    """
    client: uuid
    subscription: int32
    is_terminating: bool
    compression: int8
    metrics: bytes
    """,
    """
    throttle_time_ms: int32
    error_code: int16
    """,
)
