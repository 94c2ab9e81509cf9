internal import MartletCore
internal import MartletTransport
internal import MartletWire

/// Administration of a cluster: topics, configurations, offsets, groups, access, brokers.
///
///     let admin = client.admin
///     try await admin.createTopic("orders", partitions: 12, configuration: ["retention.ms": "604800000"])
///     for topic in try await admin.listTopics() { print(topic.name, topic.partitions.count) }
///
/// Calls about several things answer for each of them, so that one failure hides no success. What a broker
/// does not serve is an error that says so (`unsupportedByBroker`). `within` bounds the time of a call.
public struct Admin: Sendable {
    let client: MartletClient
    /// Set by `within`.
    var timeout: Duration?

    init(client: MartletClient) {
        self.client = client
    }

    /// How long the controller may take for a change.
    var timeoutMs: Int32 {
        let limit = client.configuration.requestTimeout
        return Int32(clamping: min(limit, timeout ?? limit).milliseconds)
    }

    /// Sends a request to the controller, and looks for another one if that is no longer it.
    ///
    /// - Parameters:
    ///   - lowest: First version of the request that says all that is meant.
    ///   - code: The error in the answer that would say so.
    func sendToController<Request: KafkaRequest>(
        _ request: Request, doing activity: String, atLeastVersion lowest: Int16 = 0,
        code: @escaping @Sendable (Request.Response) -> ErrorCode?
    ) async throws(MartletError) -> Request.Response {
        try await client.retrying(within: client.configuration.metadataTimeout) {
            () async throws(MartletError) in
            // A change that may have happened is not repeated: the second answer would be an error.
            let response = try await send(
                request, to: .controller, doing: activity, isRepeatable: false, atLeastVersion: lowest)
            if code(response) == .notController {
                try await client.refreshMetadata()
                throw .broker(.notController, nil, doing: activity)
            }
            return response
        }
    }

    /// Sends a request in a version that says all that is meant.
    func send<Request: KafkaRequest>(
        _ request: Request, to destination: MartletClient.Destination = .any, doing activity: String,
        isRepeatable: Bool = true, atLeastVersion lowest: Int16
    ) async throws(MartletError) -> Request.Response {
        guard lowest > Request.versions.lowerBound else {
            return try await client.send(
                request, to: destination, doing: activity, isRepeatable: isRepeatable)
        }
        let connection = try await client.connection(to: destination, in: client.pool)
        do throws(TransportError) {
            guard try connection.version(of: Request.self) >= lowest else {
                throw .unsupportedVersion(
                    api: Request.key, ours: lowest...Request.versions.upperBound,
                    broker: connection.brokerVersions[Request.key])
            }
        } catch {
            throw MartletError(error, doing: activity)
        }
        return try await client.send(request, to: destination, doing: activity, isRepeatable: isRepeatable)
    }

    static func outcome(
        _ code: ErrorCode, _ message: String?, doing activity: String
    ) -> Result<Void, MartletError> {
        code == .none ? .success(()) : .failure(.broker(code, message, doing: activity))
    }

    /// The one answer to a call about one thing.
    static func only<Key: Hashable, Value>(
        _ key: Key, in results: [Key: Result<Value, MartletError>], doing activity: String
    ) throws(MartletError) -> Value {
        guard let result = results[key] else { throw .leavesOut(activity) }
        return try result.get()
    }
}

extension MartletError {
    /// The broker has answered, but not for all that was asked.
    static func leavesOut(_ activity: String) -> MartletError {
        MartletError(.protocolViolation, "\(activity): the broker's answer leaves it out")
    }
}
