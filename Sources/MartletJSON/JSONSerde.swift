#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif
public import Martlet
public import MartletCore

/// Values as JSON, by their `Codable` conformance.
///
///     import MartletJSON
///
///     struct Order: Codable { var item: String; var count: Int }
///     let orders = Topic<String, Order>("orders", key: .string, value: .json())
///
/// A product of its own, so that services without JSON do not load Foundation.
public struct JSONSerde<Value: Codable>: Serde {
    private let encoder: JSONEncoder
    private let decoder: JSONDecoder

    /// - Parameters:
    ///   - encoder: Set up for the format of dates, keys and so on. It is not to be changed any more.
    ///   - decoder: The same, for reading.
    public init(encoder: JSONEncoder = JSONEncoder(), decoder: JSONDecoder = JSONDecoder()) {
        self.encoder = encoder
        self.decoder = decoder
    }

    public func serialize(
        _ value: Value, in context: inout SerializationContext
    ) throws(SerializationError) -> Bytes {
        do {
            return try encoder.encode(value).withUnsafeBytes { Bytes(copying: $0) }
        } catch {
            throw SerializationError("cannot be written as JSON: \(error)", underlying: error)
        }
    }

    public func deserialize(
        _ bytes: Bytes, in context: SerializationContext
    ) throws(SerializationError) -> Value {
        do {
            return try decoder.decode(Value.self, from: bytes.withUnsafeBytes { Data($0) })
        } catch let error as DecodingError {
            throw SerializationError("is no JSON of \(Value.self)\(error.place)", underlying: error)
        } catch {
            throw SerializationError("is no JSON of \(Value.self)", underlying: error)
        }
    }
}

extension Serde {
    /// JSON, by the value's `Codable` conformance.
    ///
    /// - Parameters:
    ///   - encoder: Set up for the format of dates, keys and so on. It is not to be changed any more.
    ///   - decoder: The same, for reading.
    public static func json<Value>(
        encoder: JSONEncoder = JSONEncoder(), decoder: JSONDecoder = JSONDecoder()
    ) -> Self where Self == JSONSerde<Value> {
        JSONSerde(encoder: encoder, decoder: decoder)
    }
}

extension DecodingError {
    /// Where in the document, and what is wrong there, without any of its content.
    fileprivate var place: String {
        let (problem, path): (String, [any CodingKey]) =
            switch self {
            case .typeMismatch(let type, let context): ("no \(type) is", context.codingPath)
            case .valueNotFound(let type, let context): ("no \(type) but null is", context.codingPath)
            case .keyNotFound(let key, let context): ("no \"\(key.stringValue)\" is", context.codingPath)
            case .dataCorrupted(let context): ("nothing that makes sense is", context.codingPath)
            @unknown default: ("something else is", [])
            }
        let place = path.map { $0.intValue.map(String.init) ?? $0.stringValue }.joined(separator: ".")
        return ": \(problem) at \(place.isEmpty ? "its top" : place)"
    }
}
