internal import MartletCore

/// A request, or a part of one, that is answered with an error code and, where the response has room for it,
/// a sentence.
struct RequestError: Error {
    let code: ErrorCode
    let message: String?

    init(_ code: ErrorCode, _ message: String? = nil) {
        self.code = code
        self.message = message
    }

    static func unknownTopic(_ name: TopicName) -> RequestError {
        RequestError(.unknownTopicOrPartition, "There is no topic '\(name)'.")
    }

    static func internalTopic(_ name: TopicName) -> RequestError {
        RequestError(.invalidRequest, "'\(name)' holds the broker's own state and stays as it is.")
    }
}
