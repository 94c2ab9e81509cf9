import MartletCore
import MartletWire
import Testing

/// A request or response of the catalogue, as an argument of a test.
struct MessageUnderTest: Sendable, CustomTestStringConvertible {
    let type: any KafkaMessage.Type

    var testDescription: String { "\(type)" }
}

/// Requests and responses of all APIs.
let everyMessage: [MessageUnderTest] = APICatalogue.requests.flatMap { request in
    func pair<Request: KafkaRequest>(_: Request.Type) -> [MessageUnderTest] {
        [MessageUnderTest(type: Request.self), MessageUnderTest(type: Request.Response.self)]
    }
    return pair(request)
}

extension KafkaMessage {
    /// A valid form of the message with random values.
    static func encoded(version: Int16, seed: UInt64) throws -> [UInt8] {
        try #require(try generate(version: version, seed: seed).encode(version: version).contiguous())
    }

    /// Fills a message, sends it through the wire, and expects it back with its bytes unchanged.
    static func expectRoundTrip(version: Int16, seed: UInt64) throws {
        let original = try generate(version: version, seed: seed)
        let bytes = Bytes(try #require(try original.encode(version: version).contiguous()))
        let copy = try Self(decoding: bytes, version: version)
        let again = Bytes(try #require(try copy.encode(version: version).contiguous()))
        if copy != original || again != bytes {
            Issue.record("\(self) version \(version), seed \(seed): \(copy) is not \(original)")
        }
    }

    /// Cuts an encoded message at every byte, and adds one.
    static func expectCutsRefused(version: Int16, seed: UInt64) throws {
        let encoded = try encoded(version: version, seed: seed)
        let bytes = Bytes(encoded)
        for count in 0..<bytes.count where (try? Self(decoding: bytes[0..<count], version: version)) != nil {
            Issue.record("\(self) version \(version), seed \(seed): \(count) bytes pass for all")
        }
        #expect(throws: WireError.trailingBytes(position: bytes.count, count: 1)) {
            try Self(decoding: Bytes(encoded + [0]), version: version)
        }
    }

    /// Reads what may be anything, and forgets what it was.
    static func tryDecoding(_ bytes: Bytes, version: Int16) throws(WireError) {
        _ = try Self(decoding: bytes, version: version)
    }
}
