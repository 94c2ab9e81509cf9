internal import MartletCore
internal import MartletRecords
internal import MartletTransport

// The sentences of the library: each says what happened and what to do next.
extension MartletError {
    /// A connection's failure, while it was busy with something.
    init(_ error: TransportError, doing activity: String) {
        let message = "\(activity): \(error)"
        switch error {
        case .connectFailed:
            self.init(
                .connectionFailed, message + "; check the address, and that the broker runs and is reachable",
                underlying: error, isRetriable: true)
        case .tlsFailed(_, _, let isPermanent):
            self.init(.tlsFailed, message, underlying: error, isRetriable: !isPermanent)
        case .authenticationFailed(_, _, let isRetriable, let cause):
            self.init(
                .authenticationFailed, message, underlying: cause ?? error, isRetriable: isRetriable)
        case .closed, .neverSent:
            self.init(.connectionFailed, message, underlying: error, isRetriable: true)
        case .requestTimedOut:
            self.init(.timedOut, message, underlying: error, isRetriable: true)
        case .tooManyRequests:
            self.init(
                .closed, message + "; wait for answers before asking more", underlying: error,
                isRetriable: true)
        case .unsupportedVersion:
            self.init(
                .unsupportedByBroker,
                message + "; this needs another version of the broker or of the library",
                underlying: error)
        case .unencodable:
            self.init(.invalidArgument, message, underlying: error)
        case .malformedResponse(let api, _):
            // Damage to the frames ends with the connection; an answer that cannot be read will be the same
            // again.
            self.init(.protocolViolation, message, underlying: error, isRetriable: api == nil)
        case .responseTooLarge:
            self.init(
                .protocolViolation, message + "; raise maximumResponseBytes or fetch less at once",
                underlying: error)
        case .cancelled:
            self.init(.cancelled, "\(activity): the task was cancelled", underlying: error)
        }
    }

    /// A broker's answer.
    static func broker(
        _ code: ErrorCode, _ message: String?, doing activity: String
    ) -> MartletError {
        // A broker that explains itself says what to do better than we can guess by the code.
        let explanation = message.map { ": \($0)" } ?? advice(for: code)
        return MartletError(
            .broker(code), "\(activity): the broker answers \(code)\(explanation)",
            isRetriable: code.isRetriable)
    }

    static func produce(_ code: ErrorCode, _ message: String?, _ partition: TopicPartition) -> MartletError {
        broker(code, message, doing: "producing to \(partition)")
    }

    private static func advice(for code: ErrorCode) -> String {
        switch code {
        case .topicAuthorizationFailed, .clusterAuthorizationFailed, .groupAuthorizationFailed:
            "; grant this client's principal the right to do it"
        case .notEnoughReplicas, .notEnoughReplicasAfterAppend:
            "; too few replicas are in sync for the topic's min.insync.replicas"
        case .kafkaStorageError:
            "; the broker cannot use its disk, see its log"
        case .policyViolation, .invalidConfig, .invalidReplicationFactor, .invalidPartitions:
            "; correct the request"
        case .unsupportedCompressionType:
            "; choose another compression"
        default: ""
        }
    }

    static func unknownTopic(_ name: TopicName, allowsCreation: Bool) -> MartletError {
        let creation = allowsCreation ? ", or let the broker create topics (auto.create.topics.enable)" : ""
        return MartletError(
            .unknownTopic,
            "topic \"\(name)\" does not exist; create it with Admin.createTopic or `martlet topic create \(name)`"
                + creation,
            isRetriable: true)
    }

    static func corruptRecords(
        _ error: RecordError, _ partition: TopicPartition, _ offset: Offset
    ) -> MartletError {
        MartletError(
            .corruptRecords,
            "records of \(partition) from offset \(offset) on are damaged: \(error); poll again, or seek behind them",
            underlying: error)
    }

    static func cancelled(_ what: String) -> MartletError {
        MartletError(.cancelled, "\(what) was cancelled")
    }

    static func closed(_ what: String) -> MartletError {
        MartletError(.closed, "\(what) is closed")
    }
}
