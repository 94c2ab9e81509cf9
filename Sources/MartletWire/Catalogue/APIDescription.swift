/// What the protocol fixes about one API: enough to read and write headers without touching its messages.
package struct APIDescription: Hashable, Sendable {
    package let key: APIKey
    /// Versions that the messages here can read and write. What a broker advertises is its own choice among
    /// them.
    package let versions: ClosedRange<Int16>
    /// First version with compact lengths and tagged fields.
    package let flexibleFrom: Int16

    init<Request: KafkaRequest>(_: Request.Type) {
        key = Request.key
        versions = Request.versions
        flexibleFrom = Request.flexibleFrom
    }

    /// Version of the header before a request of this version of the API.
    package func requestHeaderVersion(_ version: Int16) -> Int16 {
        version >= flexibleFrom ? 2 : 1
    }

    /// Version of the header before a response of this version of the API. ApiVersions answers with version
    /// 0 for ever, since a client cannot know yet what its broker speaks.
    package func responseHeaderVersion(_ version: Int16) -> Int16 {
        version >= flexibleFrom && key != .apiVersions ? 1 : 0
    }
}

extension APIKey {
    /// What is known about the API; nil if no messages for it are here.
    package var apiDescription: APIDescription? {
        let index = Int(rawValue)
        return Self.descriptions.indices.contains(index) ? Self.descriptions[index] : nil
    }

    /// By number, with gaps.
    private static let descriptions: [APIDescription?] = {
        let known = APICatalogue.requests.map { $0.apiDescription }
        let count = known.map { Int($0.key.rawValue) + 1 }.max() ?? 0
        var descriptions: [APIDescription?] = Array(repeating: nil, count: count)
        for description in known { descriptions[Int(description.key.rawValue)] = description }
        return descriptions
    }()
}

extension KafkaRequest {
    static var apiDescription: APIDescription { APIDescription(Self.self) }
}
