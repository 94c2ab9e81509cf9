public import MartletCore

/// A type by its raw value: an identifier by its text, an enumeration by its number.
///
///     struct OrderID: RawRepresentable, Sendable { let rawValue: String }
///
///     let orders = Topic<OrderID, Order>("orders", key: .rawValue(.string), value: .json())
public struct RawValueSerde<Value: RawRepresentable, Base: Serde>: Serde
where Base.Value == Value.RawValue {
    private let base: Base

    public init(_ base: Base) {
        self.base = base
    }

    public func serialize(
        _ value: Value, in context: inout SerializationContext
    ) throws(SerializationError) -> Bytes {
        try base.serialize(value.rawValue, in: &context)
    }

    public func deserialize(
        _ bytes: Bytes, in context: SerializationContext
    ) throws(SerializationError) -> Value {
        let rawValue = try base.deserialize(bytes, in: context)
        guard let value = Value(rawValue: rawValue) else {
            throw SerializationError("is no \(Value.self)")
        }
        return value
    }
}

extension Serde {
    /// A type by its raw value, which has a format of its own.
    public static func rawValue<Value, Base>(_ base: Base) -> Self
    where Self == RawValueSerde<Value, Base> {
        RawValueSerde(base)
    }
}
