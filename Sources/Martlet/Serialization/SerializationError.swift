/// Why a serializer cannot do its work.
///
/// The client adds where the record is, or where it was to go.
public struct SerializationError: Error, Sendable {
    /// What is wrong, as the rest of a sentence that begins with "the value of the record": "is not UTF-8".
    public var reason: String
    /// What lay below, if it came from elsewhere.
    public var underlying: (any Error)?

    public init(_ reason: String, underlying: (any Error)? = nil) {
        self.reason = reason
        self.underlying = underlying
    }
}

extension SerializationError: CustomStringConvertible {
    public var description: String { reason }
}
