public import MartletCore

/// Text in UTF-8. Bytes that are none are an error: what could not be read is not changed silently.
public struct StringSerde: Serde {
    public init() {}

    public func serialize(_ value: String, in context: inout SerializationContext) -> Bytes { Bytes(value) }

    public func deserialize(
        _ bytes: Bytes, in context: SerializationContext
    ) throws(SerializationError) -> String {
        guard let text = String(validating: bytes) else { throw SerializationError("is not UTF-8") }
        return text
    }
}

extension Serde where Self == StringSerde {
    /// Text in UTF-8.
    public static var string: StringSerde { StringSerde() }
}

extension Bytes {
    /// The bytes as text; nil if they are not UTF-8.
    public var text: String? { String(validating: self) }
}

extension String {
    /// The bytes read as UTF-8; nil if they are none.
    init?(validating bytes: Bytes) {
        let text: String? = bytes.withUnsafeBytes { String(validating: $0, as: UTF8.self) }
        guard let text else { return nil }
        self = text
    }
}
