internal import MartletCore
internal import MartletTransport
internal import MartletWire

/// Administration of a cluster: topics, configurations, offsets, brokers.
///
///     let admin = client.admin
///     try await admin.createTopic("orders", partitions: 12, configuration: ["retention.ms": "604800000"])
///     for topic in try await admin.listTopics() { print(topic.name, topic.partitions.count) }
///
/// Calls about several things answer for each of them, so that one failure hides no success.
public struct Admin: Sendable {
    let client: MartletClient

    /// How long the controller may take for a change.
    var timeoutMs: Int32 { Int32(clamping: client.configuration.requestTimeout.milliseconds) }

    /// Sends a request to the controller, and looks for another one if that is no longer it.
    func sendToController<Request: KafkaRequest>(
        _ request: Request, doing activity: String, code: @escaping @Sendable (Request.Response) -> ErrorCode?
    ) async throws(MartletError) -> Request.Response {
        try await client.retrying(within: client.configuration.metadataTimeout) {
            () async throws(MartletError) in
            // A change that may have happened is not repeated: the second answer would be an error.
            let response = try await client.send(
                request, to: .controller, doing: activity, isRepeatable: false)
            if code(response) == .notController {
                try await client.refreshMetadata()
                throw .broker(.notController, nil, doing: activity)
            }
            return response
        }
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
        guard let result = results[key] else {
            throw MartletError(.protocolViolation, "\(activity): the broker's answer leaves it out")
        }
        return try result.get()
    }
}
