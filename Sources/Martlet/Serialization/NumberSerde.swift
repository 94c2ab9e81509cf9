public import MartletCore

/// Integers of a fixed width, the most significant byte first: what Kafka's own serializers of short, integer
/// and long write.
public struct IntegerSerde<Value: FixedWidthInteger & Sendable>: Serde {
    public init() {}

    public func serialize(_ value: Value, in context: inout SerializationContext) -> Bytes {
        withUnsafeBytes(of: value.bigEndian) { Bytes(copying: $0) }
    }

    public func deserialize(
        _ bytes: Bytes, in context: SerializationContext
    ) throws(SerializationError) -> Value {
        let width = MemoryLayout<Value>.size
        guard bytes.count == width else {
            throw SerializationError(
                "has \(bytes.count) bytes, where a number of \(width) bytes was expected")
        }
        return bytes.withUnsafeBytes { Value(bigEndian: $0.loadUnaligned(as: Value.self)) }
    }
}

/// IEEE 754 numbers of 64 bits, the most significant byte first, as Kafka's own serializer of doubles.
public struct DoubleSerde: Serde {
    public init() {}

    public func serialize(_ value: Double, in context: inout SerializationContext) -> Bytes {
        IntegerSerde<UInt64>().serialize(value.bitPattern, in: &context)
    }

    public func deserialize(
        _ bytes: Bytes, in context: SerializationContext
    ) throws(SerializationError) -> Double {
        Double(bitPattern: try IntegerSerde<UInt64>().deserialize(bytes, in: context))
    }
}

extension Serde where Self == IntegerSerde<Int16> {
    /// Two bytes, as Kafka's `ShortSerializer`.
    public static var int16: IntegerSerde<Int16> { IntegerSerde() }
}

extension Serde where Self == IntegerSerde<Int32> {
    /// Four bytes, as Kafka's `IntegerSerializer`.
    public static var int32: IntegerSerde<Int32> { IntegerSerde() }
}

extension Serde where Self == IntegerSerde<Int64> {
    /// Eight bytes, as Kafka's `LongSerializer`.
    public static var int64: IntegerSerde<Int64> { IntegerSerde() }
}

extension Serde where Self == DoubleSerde {
    /// Eight bytes, as Kafka's `DoubleSerializer`.
    public static var double: DoubleSerde { DoubleSerde() }
}
