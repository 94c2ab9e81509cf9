public import MartletCore
public import MartletRecords

/// What a serializer may know of the record besides the value.
public struct SerializationContext: Sendable {
    /// Where the record goes or comes from.
    public let topic: TopicName
    /// What of the record it is.
    public let part: RecordPart
    /// The record's headers. A serializer may add to them, for instance the version of a schema; the key
    /// comes before the value.
    public var headers: [RecordHeader]

    public init(topic: TopicName, part: RecordPart, headers: [RecordHeader] = []) {
        self.topic = topic
        self.part = part
        self.headers = headers
    }
}

/// The two parts of a record that have types.
public enum RecordPart: String, Sendable, CaseIterable {
    case key
    case value
}
