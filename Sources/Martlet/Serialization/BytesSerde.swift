public import MartletCore

/// Bytes as they are.
///
/// What is read is a slice of what was fetched: keeping it keeps all of that.
public struct BytesSerde: Serde {
    public init() {}

    public func serialize(_ value: Bytes, in context: inout SerializationContext) -> Bytes { value }

    public func deserialize(_ bytes: Bytes, in context: SerializationContext) -> Bytes { bytes }
}

extension Serde where Self == BytesSerde {
    /// Bytes as they are.
    public static var bytes: BytesSerde { BytesSerde() }
}
