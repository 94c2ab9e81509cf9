/// Error codes of the Kafka protocol: what a response says went wrong, and whether asking again may help.
///
/// On the wire a code is a value inside a response, never a failed response. A code from a newer broker that
/// has no name here keeps its number.
public struct ErrorCode: RawRepresentable, Hashable, Sendable {
    public let rawValue: Int16

    public init(rawValue: Int16) {
        self.rawValue = rawValue
    }
}

extension ErrorCode {
    public static let unknownServerError = ErrorCode(rawValue: -1)
    public static let none = ErrorCode(rawValue: 0)
    public static let offsetOutOfRange = ErrorCode(rawValue: 1)
    public static let corruptMessage = ErrorCode(rawValue: 2)
    public static let unknownTopicOrPartition = ErrorCode(rawValue: 3)
    public static let invalidFetchSize = ErrorCode(rawValue: 4)
    public static let leaderNotAvailable = ErrorCode(rawValue: 5)
    public static let notLeaderOrFollower = ErrorCode(rawValue: 6)
    public static let requestTimedOut = ErrorCode(rawValue: 7)
    public static let brokerNotAvailable = ErrorCode(rawValue: 8)
    public static let replicaNotAvailable = ErrorCode(rawValue: 9)
    public static let messageTooLarge = ErrorCode(rawValue: 10)
    public static let staleControllerEpoch = ErrorCode(rawValue: 11)
    public static let offsetMetadataTooLarge = ErrorCode(rawValue: 12)
    public static let networkException = ErrorCode(rawValue: 13)
    public static let coordinatorLoadInProgress = ErrorCode(rawValue: 14)
    public static let coordinatorNotAvailable = ErrorCode(rawValue: 15)
    public static let notCoordinator = ErrorCode(rawValue: 16)
    public static let invalidTopicException = ErrorCode(rawValue: 17)
    public static let recordListTooLarge = ErrorCode(rawValue: 18)
    public static let notEnoughReplicas = ErrorCode(rawValue: 19)
    public static let notEnoughReplicasAfterAppend = ErrorCode(rawValue: 20)
    public static let invalidRequiredAcks = ErrorCode(rawValue: 21)
    public static let illegalGeneration = ErrorCode(rawValue: 22)
    public static let inconsistentGroupProtocol = ErrorCode(rawValue: 23)
    public static let invalidGroupID = ErrorCode(rawValue: 24)
    public static let unknownMemberID = ErrorCode(rawValue: 25)
    public static let invalidSessionTimeout = ErrorCode(rawValue: 26)
    public static let rebalanceInProgress = ErrorCode(rawValue: 27)
    public static let invalidCommitOffsetSize = ErrorCode(rawValue: 28)
    public static let topicAuthorizationFailed = ErrorCode(rawValue: 29)
    public static let groupAuthorizationFailed = ErrorCode(rawValue: 30)
    public static let clusterAuthorizationFailed = ErrorCode(rawValue: 31)
    public static let invalidTimestamp = ErrorCode(rawValue: 32)
    public static let unsupportedSASLMechanism = ErrorCode(rawValue: 33)
    public static let illegalSASLState = ErrorCode(rawValue: 34)
    public static let unsupportedVersion = ErrorCode(rawValue: 35)
    public static let topicAlreadyExists = ErrorCode(rawValue: 36)
    public static let invalidPartitions = ErrorCode(rawValue: 37)
    public static let invalidReplicationFactor = ErrorCode(rawValue: 38)
    public static let invalidReplicaAssignment = ErrorCode(rawValue: 39)
    public static let invalidConfig = ErrorCode(rawValue: 40)
    public static let notController = ErrorCode(rawValue: 41)
    public static let invalidRequest = ErrorCode(rawValue: 42)
    public static let unsupportedForMessageFormat = ErrorCode(rawValue: 43)
    public static let policyViolation = ErrorCode(rawValue: 44)
    public static let outOfOrderSequenceNumber = ErrorCode(rawValue: 45)
    public static let duplicateSequenceNumber = ErrorCode(rawValue: 46)
    public static let invalidProducerEpoch = ErrorCode(rawValue: 47)
    public static let invalidTxnState = ErrorCode(rawValue: 48)
    public static let invalidProducerIDMapping = ErrorCode(rawValue: 49)
    public static let invalidTransactionTimeout = ErrorCode(rawValue: 50)
    public static let concurrentTransactions = ErrorCode(rawValue: 51)
    public static let transactionCoordinatorFenced = ErrorCode(rawValue: 52)
    public static let transactionalIDAuthorizationFailed = ErrorCode(rawValue: 53)
    public static let securityDisabled = ErrorCode(rawValue: 54)
    public static let operationNotAttempted = ErrorCode(rawValue: 55)
    public static let kafkaStorageError = ErrorCode(rawValue: 56)
    public static let logDirNotFound = ErrorCode(rawValue: 57)
    public static let saslAuthenticationFailed = ErrorCode(rawValue: 58)
    public static let unknownProducerID = ErrorCode(rawValue: 59)
    public static let reassignmentInProgress = ErrorCode(rawValue: 60)
    public static let delegationTokenAuthDisabled = ErrorCode(rawValue: 61)
    public static let delegationTokenNotFound = ErrorCode(rawValue: 62)
    public static let delegationTokenOwnerMismatch = ErrorCode(rawValue: 63)
    public static let delegationTokenRequestNotAllowed = ErrorCode(rawValue: 64)
    public static let delegationTokenAuthorizationFailed = ErrorCode(rawValue: 65)
    public static let delegationTokenExpired = ErrorCode(rawValue: 66)
    public static let invalidPrincipalType = ErrorCode(rawValue: 67)
    public static let nonEmptyGroup = ErrorCode(rawValue: 68)
    public static let groupIDNotFound = ErrorCode(rawValue: 69)
    public static let fetchSessionIDNotFound = ErrorCode(rawValue: 70)
    public static let invalidFetchSessionEpoch = ErrorCode(rawValue: 71)
    public static let listenerNotFound = ErrorCode(rawValue: 72)
    public static let topicDeletionDisabled = ErrorCode(rawValue: 73)
    public static let fencedLeaderEpoch = ErrorCode(rawValue: 74)
    public static let unknownLeaderEpoch = ErrorCode(rawValue: 75)
    public static let unsupportedCompressionType = ErrorCode(rawValue: 76)
    public static let staleBrokerEpoch = ErrorCode(rawValue: 77)
    public static let offsetNotAvailable = ErrorCode(rawValue: 78)
    public static let memberIDRequired = ErrorCode(rawValue: 79)
    public static let preferredLeaderNotAvailable = ErrorCode(rawValue: 80)
    public static let groupMaxSizeReached = ErrorCode(rawValue: 81)
    public static let fencedInstanceID = ErrorCode(rawValue: 82)
    public static let eligibleLeadersNotAvailable = ErrorCode(rawValue: 83)
    public static let electionNotNeeded = ErrorCode(rawValue: 84)
    public static let noReassignmentInProgress = ErrorCode(rawValue: 85)
    public static let groupSubscribedToTopic = ErrorCode(rawValue: 86)
    public static let invalidRecord = ErrorCode(rawValue: 87)
    public static let unstableOffsetCommit = ErrorCode(rawValue: 88)
    public static let throttlingQuotaExceeded = ErrorCode(rawValue: 89)
    public static let producerFenced = ErrorCode(rawValue: 90)
    public static let resourceNotFound = ErrorCode(rawValue: 91)
    public static let duplicateResource = ErrorCode(rawValue: 92)
    public static let unacceptableCredential = ErrorCode(rawValue: 93)
    public static let inconsistentVoterSet = ErrorCode(rawValue: 94)
    public static let invalidUpdateVersion = ErrorCode(rawValue: 95)
    public static let featureUpdateFailed = ErrorCode(rawValue: 96)
    public static let principalDeserializationFailure = ErrorCode(rawValue: 97)
    public static let snapshotNotFound = ErrorCode(rawValue: 98)
    public static let positionOutOfRange = ErrorCode(rawValue: 99)
    public static let unknownTopicID = ErrorCode(rawValue: 100)
    public static let duplicateBrokerRegistration = ErrorCode(rawValue: 101)
    public static let brokerIDNotRegistered = ErrorCode(rawValue: 102)
    public static let inconsistentTopicID = ErrorCode(rawValue: 103)
    public static let inconsistentClusterID = ErrorCode(rawValue: 104)
    public static let transactionalIDNotFound = ErrorCode(rawValue: 105)
    public static let fetchSessionTopicIDError = ErrorCode(rawValue: 106)
    public static let ineligibleReplica = ErrorCode(rawValue: 107)
    public static let newLeaderElected = ErrorCode(rawValue: 108)
    public static let offsetMovedToTieredStorage = ErrorCode(rawValue: 109)
    public static let fencedMemberEpoch = ErrorCode(rawValue: 110)
    public static let unreleasedInstanceID = ErrorCode(rawValue: 111)
    public static let unsupportedAssignor = ErrorCode(rawValue: 112)
    public static let staleMemberEpoch = ErrorCode(rawValue: 113)
    public static let mismatchedEndpointType = ErrorCode(rawValue: 114)
    public static let unsupportedEndpointType = ErrorCode(rawValue: 115)
    public static let unknownControllerID = ErrorCode(rawValue: 116)
    public static let unknownSubscriptionID = ErrorCode(rawValue: 117)
    public static let telemetryTooLarge = ErrorCode(rawValue: 118)
    public static let invalidRegistration = ErrorCode(rawValue: 119)
    public static let transactionAbortable = ErrorCode(rawValue: 120)
    public static let invalidRecordState = ErrorCode(rawValue: 121)
    public static let shareSessionNotFound = ErrorCode(rawValue: 122)
    public static let invalidShareSessionEpoch = ErrorCode(rawValue: 123)
    public static let fencedStateEpoch = ErrorCode(rawValue: 124)
    public static let invalidVoterKey = ErrorCode(rawValue: 125)
    public static let duplicateVoter = ErrorCode(rawValue: 126)
    public static let voterNotFound = ErrorCode(rawValue: 127)
    public static let invalidRegularExpression = ErrorCode(rawValue: 128)
    public static let rebootstrapRequired = ErrorCode(rawValue: 129)
    public static let streamsInvalidTopology = ErrorCode(rawValue: 130)
    public static let streamsInvalidTopologyEpoch = ErrorCode(rawValue: 131)
    public static let streamsTopologyFenced = ErrorCode(rawValue: 132)
    public static let shareSessionLimitReached = ErrorCode(rawValue: 133)
    public static let groupDeletionFailed = ErrorCode(rawValue: 134)
    public static let streamsTopologyDescriptionUpdateFailed = ErrorCode(rawValue: 135)
    public static let controllerIDNotRegistered = ErrorCode(rawValue: 136)
}

extension ErrorCode: CustomStringConvertible {
    /// The name in the protocol's documentation, such as `NOT_LEADER_OR_FOLLOWER`; the number where it has
    /// none.
    public var description: String {
        Self.entry(for: self)?.name ?? "ERROR_\(rawValue)"
    }

    /// Whether the same request may succeed later without anyone changing it.
    public var isRetriable: Bool {
        Self.entry(for: self)?.isRetriable ?? false
    }

    /// Every code that has a name, in the order of the numbers.
    public static var named: [ErrorCode] {
        table.indices.map { ErrorCode(rawValue: Int16($0) + firstRawValue) }
    }

    private static let firstRawValue: Int16 = -1

    private static func entry(for code: ErrorCode) -> (name: String, isRetriable: Bool)? {
        let index = Int(code.rawValue) - Int(firstRawValue)
        return table.indices.contains(index) ? table[index] : nil
    }

    /// Names and retriability, indexed by code - `firstRawValue`: the protocol has no gaps.
    private static let table: [(name: String, isRetriable: Bool)] = [
        ("UNKNOWN_SERVER_ERROR", false),
        ("NONE", false),
        ("OFFSET_OUT_OF_RANGE", false),
        ("CORRUPT_MESSAGE", true),
        ("UNKNOWN_TOPIC_OR_PARTITION", true),
        ("INVALID_FETCH_SIZE", false),
        ("LEADER_NOT_AVAILABLE", true),
        ("NOT_LEADER_OR_FOLLOWER", true),
        ("REQUEST_TIMED_OUT", true),
        ("BROKER_NOT_AVAILABLE", false),
        ("REPLICA_NOT_AVAILABLE", true),
        ("MESSAGE_TOO_LARGE", false),
        ("STALE_CONTROLLER_EPOCH", false),
        ("OFFSET_METADATA_TOO_LARGE", false),
        ("NETWORK_EXCEPTION", true),
        ("COORDINATOR_LOAD_IN_PROGRESS", true),
        ("COORDINATOR_NOT_AVAILABLE", true),
        ("NOT_COORDINATOR", true),
        ("INVALID_TOPIC_EXCEPTION", false),
        ("RECORD_LIST_TOO_LARGE", false),
        ("NOT_ENOUGH_REPLICAS", true),
        ("NOT_ENOUGH_REPLICAS_AFTER_APPEND", true),
        ("INVALID_REQUIRED_ACKS", false),
        ("ILLEGAL_GENERATION", false),
        ("INCONSISTENT_GROUP_PROTOCOL", false),
        ("INVALID_GROUP_ID", false),
        ("UNKNOWN_MEMBER_ID", false),
        ("INVALID_SESSION_TIMEOUT", false),
        ("REBALANCE_IN_PROGRESS", false),
        ("INVALID_COMMIT_OFFSET_SIZE", false),
        ("TOPIC_AUTHORIZATION_FAILED", false),
        ("GROUP_AUTHORIZATION_FAILED", false),
        ("CLUSTER_AUTHORIZATION_FAILED", false),
        ("INVALID_TIMESTAMP", false),
        ("UNSUPPORTED_SASL_MECHANISM", false),
        ("ILLEGAL_SASL_STATE", false),
        ("UNSUPPORTED_VERSION", false),
        ("TOPIC_ALREADY_EXISTS", false),
        ("INVALID_PARTITIONS", false),
        ("INVALID_REPLICATION_FACTOR", false),
        ("INVALID_REPLICA_ASSIGNMENT", false),
        ("INVALID_CONFIG", false),
        ("NOT_CONTROLLER", true),
        ("INVALID_REQUEST", false),
        ("UNSUPPORTED_FOR_MESSAGE_FORMAT", false),
        ("POLICY_VIOLATION", false),
        ("OUT_OF_ORDER_SEQUENCE_NUMBER", false),
        ("DUPLICATE_SEQUENCE_NUMBER", false),
        ("INVALID_PRODUCER_EPOCH", false),
        ("INVALID_TXN_STATE", false),
        ("INVALID_PRODUCER_ID_MAPPING", false),
        ("INVALID_TRANSACTION_TIMEOUT", false),
        ("CONCURRENT_TRANSACTIONS", true),
        ("TRANSACTION_COORDINATOR_FENCED", false),
        ("TRANSACTIONAL_ID_AUTHORIZATION_FAILED", false),
        ("SECURITY_DISABLED", false),
        ("OPERATION_NOT_ATTEMPTED", false),
        ("KAFKA_STORAGE_ERROR", true),
        ("LOG_DIR_NOT_FOUND", false),
        ("SASL_AUTHENTICATION_FAILED", false),
        ("UNKNOWN_PRODUCER_ID", false),
        ("REASSIGNMENT_IN_PROGRESS", false),
        ("DELEGATION_TOKEN_AUTH_DISABLED", false),
        ("DELEGATION_TOKEN_NOT_FOUND", false),
        ("DELEGATION_TOKEN_OWNER_MISMATCH", false),
        ("DELEGATION_TOKEN_REQUEST_NOT_ALLOWED", false),
        ("DELEGATION_TOKEN_AUTHORIZATION_FAILED", false),
        ("DELEGATION_TOKEN_EXPIRED", false),
        ("INVALID_PRINCIPAL_TYPE", false),
        ("NON_EMPTY_GROUP", false),
        ("GROUP_ID_NOT_FOUND", false),
        ("FETCH_SESSION_ID_NOT_FOUND", true),
        ("INVALID_FETCH_SESSION_EPOCH", true),
        ("LISTENER_NOT_FOUND", true),
        ("TOPIC_DELETION_DISABLED", false),
        ("FENCED_LEADER_EPOCH", true),
        ("UNKNOWN_LEADER_EPOCH", true),
        ("UNSUPPORTED_COMPRESSION_TYPE", false),
        ("STALE_BROKER_EPOCH", false),
        ("OFFSET_NOT_AVAILABLE", true),
        ("MEMBER_ID_REQUIRED", false),
        ("PREFERRED_LEADER_NOT_AVAILABLE", true),
        ("GROUP_MAX_SIZE_REACHED", false),
        ("FENCED_INSTANCE_ID", false),
        ("ELIGIBLE_LEADERS_NOT_AVAILABLE", true),
        ("ELECTION_NOT_NEEDED", true),
        ("NO_REASSIGNMENT_IN_PROGRESS", false),
        ("GROUP_SUBSCRIBED_TO_TOPIC", false),
        ("INVALID_RECORD", false),
        ("UNSTABLE_OFFSET_COMMIT", true),
        ("THROTTLING_QUOTA_EXCEEDED", true),
        ("PRODUCER_FENCED", false),
        ("RESOURCE_NOT_FOUND", false),
        ("DUPLICATE_RESOURCE", false),
        ("UNACCEPTABLE_CREDENTIAL", false),
        ("INCONSISTENT_VOTER_SET", false),
        ("INVALID_UPDATE_VERSION", false),
        ("FEATURE_UPDATE_FAILED", false),
        ("PRINCIPAL_DESERIALIZATION_FAILURE", false),
        ("SNAPSHOT_NOT_FOUND", false),
        ("POSITION_OUT_OF_RANGE", false),
        ("UNKNOWN_TOPIC_ID", true),
        ("DUPLICATE_BROKER_REGISTRATION", false),
        ("BROKER_ID_NOT_REGISTERED", false),
        ("INCONSISTENT_TOPIC_ID", true),
        ("INCONSISTENT_CLUSTER_ID", false),
        ("TRANSACTIONAL_ID_NOT_FOUND", false),
        ("FETCH_SESSION_TOPIC_ID_ERROR", true),
        ("INELIGIBLE_REPLICA", false),
        ("NEW_LEADER_ELECTED", false),
        ("OFFSET_MOVED_TO_TIERED_STORAGE", false),
        ("FENCED_MEMBER_EPOCH", false),
        ("UNRELEASED_INSTANCE_ID", false),
        ("UNSUPPORTED_ASSIGNOR", false),
        ("STALE_MEMBER_EPOCH", false),
        ("MISMATCHED_ENDPOINT_TYPE", false),
        ("UNSUPPORTED_ENDPOINT_TYPE", false),
        ("UNKNOWN_CONTROLLER_ID", false),
        ("UNKNOWN_SUBSCRIPTION_ID", false),
        ("TELEMETRY_TOO_LARGE", false),
        ("INVALID_REGISTRATION", false),
        ("TRANSACTION_ABORTABLE", false),
        ("INVALID_RECORD_STATE", false),
        ("SHARE_SESSION_NOT_FOUND", true),
        ("INVALID_SHARE_SESSION_EPOCH", true),
        ("FENCED_STATE_EPOCH", false),
        ("INVALID_VOTER_KEY", false),
        ("DUPLICATE_VOTER", false),
        ("VOTER_NOT_FOUND", false),
        ("INVALID_REGULAR_EXPRESSION", false),
        ("REBOOTSTRAP_REQUIRED", false),
        ("STREAMS_INVALID_TOPOLOGY", false),
        ("STREAMS_INVALID_TOPOLOGY_EPOCH", false),
        ("STREAMS_TOPOLOGY_FENCED", false),
        ("SHARE_SESSION_LIMIT_REACHED", true),
        ("GROUP_DELETION_FAILED", false),
        ("STREAMS_TOPOLOGY_DESCRIPTION_UPDATE_FAILED", false),
        ("CONTROLLER_ID_NOT_REGISTERED", false),
    ]
}
