/// A request or a response body.
package protocol KafkaMessage: VersionedMessage {
    /// The API that the message belongs to.
    static var key: APIKey { get }
}

/// What a client sends.
package protocol KafkaRequest: KafkaMessage {
    associatedtype Response: KafkaResponse where Response.Request == Self
}

/// What a broker answers; its versions are those of the request.
package protocol KafkaResponse: KafkaMessage {
    associatedtype Request: KafkaRequest where Request.Response == Self
}

extension KafkaResponse {
    package static var versions: ClosedRange<Int16> { Request.versions }
    package static var flexibleFrom: Int16 { Request.flexibleFrom }
    package static var key: APIKey { Request.key }
}
