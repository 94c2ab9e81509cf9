import MartletCore
import MartletWire
import Testing

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// Frames that real clients sent, and the answers that they understood. `Tests/Interop/record_captures.py`
/// wrote them: direction, API key, version, and header and body in hexadecimal, one frame a line.
@Suite("Captured frames")
struct CapturedFrameTests {
    struct Frame: Sendable, CustomTestStringConvertible {
        let client: String
        let isRequest: Bool
        let key: APIKey
        let version: Int16
        let bytes: [UInt8]

        var testDescription: String { "\(client): \(key) \(version) \(isRequest ? "request" : "response")" }
    }

    static let clients = ["aiokafka", "confluent", "kafka-python", "kcat"]
    static let frames = clients.flatMap { (try? read($0)) ?? [] }

    @Test("are there for every client and for each request that it must be able to make")
    func completeness() {
        let needed: [APIKey] = [.produce, .fetch, .listOffsets, .metadata, .apiVersions, .initProducerID]
        for client in Self.clients {
            for key in needed {
                for isRequest in [true, false] {
                    let found = Self.frames.contains {
                        $0.client == client && $0.key == key && $0.isRequest == isRequest
                    }
                    #expect(found, "\(client) has no \(isRequest ? "request" : "response") of \(key)")
                }
            }
        }
    }

    @Test("are read, and written again byte for byte", arguments: frames)
    func sameBytes(frame: Frame) throws {
        let api = try #require(APICatalogue.requests.first { $0.key == frame.key })
        let written = try frame.isRequest ? rewriteRequest(frame, as: api) : rewriteResponse(frame, to: api)
        if frame.client == "confluent", frame.key == .metadata, written.count == frame.bytes.count - 3 {
            // When it asks for all topics, librdkafka 2.16 sends three bytes that belong to no field.
            #expect(written.hex == Array(frame.bytes.dropLast(3)).hex)
        } else {
            #expect(written.hex == frame.bytes.hex)
        }
    }

    private func rewriteRequest<Request: KafkaRequest>(
        _ frame: Frame, as type: Request.Type
    ) throws -> [UInt8] {
        let bytes = Bytes(frame.bytes)
        let (header, bodyStart) = try RequestHeader.decode(bytes)
        #expect(header.key == frame.key)
        #expect(header.version == frame.version)
        let body = bytes[try #require(bodyStart)..<bytes.count]
        let request = try Request(decoding: body, version: frame.version, mayBeLonger: true)
        let written = try RequestFrame.encode(
            request, version: frame.version, correlationID: header.correlationID, clientID: header.clientID)
        return try withoutLength(written)
    }

    private func rewriteResponse<Request: KafkaRequest>(
        _ frame: Frame, to type: Request.Type
    ) throws -> [UInt8] {
        let bytes = Bytes(frame.bytes)
        let (header, bodyStart) = try ResponseHeader.decode(bytes, key: frame.key, version: frame.version)
        let body = bytes[bodyStart..<bytes.count]
        let response = try Request.Response(decoding: body, version: frame.version)
        let written = try ResponseFrame.encode(
            response, version: frame.version, correlationID: header.correlationID)
        return try withoutLength(written)
    }

    private func withoutLength(_ frame: EncodedMessage) throws -> [UInt8] {
        Array(try #require(frame.contiguous()).dropFirst(EncodedMessage.frameLengthSize))
    }

    private static func read(_ client: String) throws -> [Frame] {
        let folder = #filePath.split(separator: "/").dropLast().joined(separator: "/")
        return try text(of: "/\(folder)/Captured/\(client).txt").split(separator: "\n").compactMap { line in
            let fields = line.split(separator: " ")
            guard fields.count == 4, let key = Int16(fields[1]), let version = Int16(fields[2]) else {
                return nil
            }
            return Frame(
                client: client, isRequest: fields[0] == "request", key: APIKey(rawValue: key),
                version: version,
                bytes: [UInt8](Bytes(hex: String(fields[3]))))
        }
    }

    private static func text(of path: String) throws -> String {
        let file = try #require(fopen(path, "r"))
        defer { fclose(file) }
        var text: [UInt8] = []
        var block = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = fread(&block, 1, block.count, file)
            guard count > 0 else { return String(decoding: text, as: UTF8.self) }
            text += block[..<count]
        }
    }
}
