internal import Martlet

/// What the error codes that users meet mean for them, and what to do about it.
enum ErrorAdvice {
    static func advice(for code: ErrorCode) -> String? { sentences[code] }

    /// What the error says, and what to do about it where the code alone tells.
    static func explained(_ error: MartletError) -> String {
        guard let advice = error.code.brokerError.flatMap(advice), !error.message.contains(advice) else {
            return error.message
        }
        return "\(error.message) (\(advice))"
    }

    private static let sentences: [ErrorCode: String] = [
        .unknownServerError: "the broker met something unexpected: see its log",
        .offsetOutOfRange: "the offset is gone or not yet written: begin at the beginning or the end",
        .corruptMessage:
            "a batch is damaged: when reading, on the broker's disk, see its log and `martlet log repair`; "
            + "when writing, on its way",
        .unknownTopicOrPartition: "create the topic, or correct the name or the number of the partition",
        .leaderNotAvailable: "the partition has no leader yet: wait, then see whether its brokers run",
        .notLeaderOrFollower: "another broker leads the partition: clients ask for metadata and go on",
        .requestTimedOut: "the broker did not manage in time: see its load, or raise the timeout",
        .messageTooLarge: "raise the topic's max.message.bytes, or lower the producer's batch size below it",
        .networkException: "the connection broke before the answer: whether the request took effect is open",
        .coordinatorLoadInProgress: "the broker is still reading the group's state: wait",
        .coordinatorNotAvailable: "no broker takes care of the group yet: wait",
        .notCoordinator: "another broker takes care of the group: clients look for it and go on",
        .invalidTopicException: "topic names have 1 to 249 characters of a-z A-Z 0-9 . _ -",
        .recordListTooLarge: "lower the producer's batch size, or raise the topic's segment.bytes",
        .notEnoughReplicas: "fewer replicas are in sync than min.insync.replicas asks for: see the brokers",
        .notEnoughReplicasAfterAppend: "the record is written, but by too few replicas: see the brokers",
        .invalidRequiredAcks: "acks must be 0, 1 or all",
        .illegalGeneration: "the group has moved on without this member: it joins again",
        .unknownMemberID: "the group no longer knows this member: it joins again",
        .rebalanceInProgress: "the group distributes its partitions anew: members join again",
        .topicAuthorizationFailed: "grant the principal the right to the topic",
        .groupAuthorizationFailed: "grant the principal the right to the group",
        .clusterAuthorizationFailed: "grant the principal the right to the cluster",
        .unsupportedVersion: "client and broker have no common version of the API: update the older one",
        .topicAlreadyExists: "choose another name, or use it: topic create --if-not-exists",
        .invalidPartitions: "the number of partitions must be at least 1, and can only grow",
        .invalidReplicationFactor: "there cannot be more replicas than brokers",
        .invalidConfig: "correct the key or the value",
        .notController: "another broker decides on topics: clients look for it and go on",
        .invalidRequest: "the request contradicts itself: most likely a fault of the client",
        .unsupportedForMessageFormat: "update the client: it writes a record format that is no longer stored",
        .policyViolation: "a policy of the cluster forbids it",
        .outOfOrderSequenceNumber:
            "a batch before this one is missing: records may be lost, see the producer",
        .invalidProducerEpoch: "another producer with the same transactional id has taken over",
        .kafkaStorageError: "the broker cannot use its disk: see its log",
        .unknownProducerID: "the broker has forgotten the producer: it begins a new sequence",
        .nonEmptyGroup: "stop the members of the group first",
        .groupIDNotFound: "no such group: see `martlet group list`",
        .inconsistentGroupProtocol:
            "the group's members divide partitions in another way: see `martlet group describe`",
        .groupMaxSizeReached: "the group is full: see group.max.size and group.consumer.max.size",
        .groupSubscribedToTopic: "members of the group read the topic: stop them first",
        .fencedMemberEpoch: "the group has moved on without this member: it joins again",
        .staleMemberEpoch: "the group has moved the member on meanwhile: it asks again",
        .unreleasedInstanceID:
            "another member has the same group.instance.id: stop it, or wait until its session is over",
        .unsupportedAssignor: "the broker knows other ways of dividing: see group.consumer.assignors",
        .invalidRegularExpression: "correct the pattern: it is matched against whole names",
        .fencedLeaderEpoch: "the client's picture of the cluster is old: it asks for metadata and goes on",
        .unknownLeaderEpoch: "the client's picture of the cluster is newer than the broker's: wait",
        .unsupportedCompressionType: "choose another compression",
        .memberIDRequired: "part of joining a group: the client joins again with the id it was given",
        .fencedInstanceID: "another member has the same group.instance.id",
        .invalidRecord: "the broker refuses the record: without a key in a compacted topic, or malformed",
        .throttlingQuotaExceeded: "a quota is used up: wait, or raise it",
        .producerFenced: "another producer with the same transactional id has taken over",
        .invalidTxnState: "the transaction is not in the state for it: see `martlet txn describe`",
        .invalidProducerIDMapping:
            "the coordinator has forgotten the transactional id: the producer begins anew",
        .invalidTransactionTimeout: "the time-out is longer than the broker's transaction.max.timeout.ms",
        .concurrentTransactions: "the last transaction is still on its way to its end: wait",
        .transactionCoordinatorFenced: "another coordinator has taken over: look at the transaction again",
        .transactionalIDAuthorizationFailed: "grant the principal the right to the transactional id",
        .transactionalIDNotFound: "no such transactional id: see `martlet txn list`",
        .transactionAbortable: "the transaction cannot go on: abort it, and begin the next one",
        .unstableOffsetCommit: "a transaction that stores offsets is not decided yet: wait",
        .unknownTopicID: "the topic was deleted, or created anew: clients ask for metadata",
    ]
}
