public import MartletCore

/// Makes the bytes of a record's key or value.
///
/// Called once per key or value that is sent, on the task that sends it; must not block.
public protocol Serializer<Value>: Sendable {
    associatedtype Value

    /// The bytes that stand for a value.
    ///
    /// - Parameter context: Where the bytes go. Headers that are added to it go with the record.
    func serialize(
        _ value: Value, in context: inout SerializationContext
    ) throws(SerializationError) -> Bytes
}

/// Reads a record's key or value.
///
/// Called once per key or value that is read, on the task that reads it; must not block. The bytes come from
/// whoever may write to the topic: anything may be in them.
public protocol Deserializer<Value>: Sendable {
    associatedtype Value

    /// The value that the bytes stand for.
    ///
    /// - Parameters:
    ///   - bytes: A slice of what was fetched: keeping it keeps all of that. They are never those of a
    ///     tombstone or of a missing key, which have none.
    ///   - context: Where the bytes come from, and the record's headers.
    func deserialize(_ bytes: Bytes, in context: SerializationContext) throws(SerializationError) -> Value
}

/// Both directions for one type, in Kafka's word for it.
///
/// Conform a type of your own to add a format, and give it a name to be found by:
///
///     struct Celsius: Serde {
///         func serialize(_ value: Double, in _: inout SerializationContext) -> Bytes {
///             Bytes("\(value) C")
///         }
///         func deserialize(
///             _ bytes: Bytes, in _: SerializationContext
///         ) throws(SerializationError) -> Double {
///             guard let value = Double(String(decoding: bytes).dropLast(2)) else {
///                 throw SerializationError("is no temperature")
///             }
///             return value
///         }
///     }
///
///     extension Serde where Self == Celsius {
///         static var celsius: Celsius { Celsius() }
///     }
public protocol Serde<Value>: Serializer, Deserializer {}
