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

/// Damaged frames of every API. `MARTLET_FUZZ_INPUTS` sets how many, `MARTLET_FUZZ_SEED` where to begin.
@Suite("Fuzzing")
struct FuzzTests {
    @Test("damaged requests and responses give a value or an error, in memory that the input justifies")
    func damagedFrames() throws {
        let count = setting("MARTLET_FUZZ_INPUTS") ?? 300_000
        let seed = setting("MARTLET_FUZZ_SEED") ?? UInt64.random(in: 0..<1 << 32)
        let corpus = try Corpus()
        let before = peakMemory()
        var accepted: UInt64 = 0
        for input in 0..<count {
            var random = SplitMix64(seed: seed &+ input)
            let (sample, bytes) = corpus.damaged(using: &random)
            do {
                if try sample.probe(Bytes(bytes)) { accepted += 1 }
            } catch {
                Issue.record(
                    "MARTLET_FUZZ_SEED=\(seed + input) MARTLET_FUZZ_INPUTS=1: \(error) for \(bytes.hex)")
                break
            }
        }
        // The damage must neither be so small that everything passes, nor so large that nothing does.
        #expect(
            accepted > count / 100 && accepted < count / 2 || count < 1_000,
            "\(accepted) of \(count) accepted")
        // Beside other tests it would be their memory, too: `make unit` and `make fuzz` run this one alone.
        guard getenv("MARTLET_FUZZ_ALONE") != nil else { return }
        #expect(peakMemory() - before < 256 << 20)
    }

    private func setting(_ name: String) -> UInt64? {
        getenv(name).flatMap { UInt64(String(cString: $0)) }
    }

    /// Most memory that the process had resident so far, in bytes.
    private func peakMemory() -> Int {
        var usage = rusage()
        // RUSAGE_SELF, whose type differs between the platforms.
        getrusage(0, &usage)
        #if canImport(Darwin)
            return usage.ru_maxrss
        #else
            return usage.ru_maxrss << 10
        #endif
    }
}

/// What an input did that none may do.
private enum Mishap: Error {
    /// What was read and written again reads differently.
    case unstable(APIKey, version: Int16)
}

/// A well-formed frame without its length.
private struct CorpusFrame {
    let bytes: [UInt8]
    let key: APIKey
    let version: Int16
    let isRequest: Bool

    /// Reads a damaged copy the way a broker or a client would.
    ///
    /// - Returns: whether it was accepted.
    func probe(_ frame: Bytes) throws -> Bool {
        if isRequest {
            guard let (header, start) = try? RequestHeader.decode(frame), let start else { return false }
            return try Corpus.request(header.key)?.isAccepted(
                frame[start..<frame.count], version: header.version) ?? false
        }
        guard let (_, start) = try? ResponseHeader.decode(frame, key: key, version: version) else {
            return false
        }
        return try Corpus.request(key)?.isResponseAccepted(frame[start..<frame.count], version: version)
            ?? false
    }
}

extension KafkaMessage {
    /// Reads a body. What is accepted can be written, and reads the same again.
    fileprivate static func isAccepted(_ body: Bytes, version: Int16) throws -> Bool {
        guard let message = try? Self(decoding: body, version: version) else { return false }
        let written = try message.encode(version: version).contiguous()
        let again = try Self(decoding: Bytes(written ?? []), version: version)
        guard try again.encode(version: version).contiguous() == written else {
            throw Mishap.unstable(key, version: version)
        }
        return true
    }
}

extension KafkaRequest {
    fileprivate static func isResponseAccepted(_ body: Bytes, version: Int16) throws -> Bool {
        try Response.isAccepted(body, version: version)
    }

    /// A request and a response of one version.
    fileprivate static func frames(version: Int16, seed: UInt64) throws -> [CorpusFrame] {
        let request = try RequestFrame.encode(
            generate(version: version, seed: seed), version: version, correlationID: 1, clientID: "fuzz")
        let response = try ResponseFrame.encode(
            Response.generate(version: version, seed: seed), version: version, correlationID: 1)
        return [(request, true), (response, false)].map { message, isRequest in
            let bytes = Array(message.contiguous()?.dropFirst(EncodedMessage.frameLengthSize) ?? [])
            return CorpusFrame(bytes: bytes, key: key, version: version, isRequest: isRequest)
        }
    }
}

/// Frames of every API and version, and ways to damage them.
private struct Corpus {
    private let frames: [CorpusFrame]

    init() throws {
        var frames: [CorpusFrame] = []
        for request in APICatalogue.requests {
            for version in request.versions {
                for seed in UInt64(1)...3 { frames += try request.frames(version: version, seed: seed) }
            }
        }
        self.frames = frames
    }

    static func request(_ key: APIKey) -> (any KafkaRequest.Type)? {
        requests[key]
    }

    private static let requests = Dictionary(uniqueKeysWithValues: APICatalogue.requests.map { ($0.key, $0) })

    func damaged(using random: inout SplitMix64) -> (CorpusFrame, [UInt8]) {
        let sample = frames[random.index(below: frames.count)]
        var bytes = sample.bytes
        for _ in 0...random.index(below: 3) { damage(&bytes, using: &random) }
        return (sample, bytes)
    }

    private func damage(_ bytes: inout [UInt8], using random: inout SplitMix64) {
        guard !bytes.isEmpty else { return }
        let place = random.index(below: bytes.count)
        let end = min(bytes.count, place + 1 + random.index(below: 8))
        switch random.index(below: 8) {
        case 0:
            bytes[place] ^= 1 << UInt8(random.index(below: 8))
        case 1:
            bytes[place] = [0x00, 0x01, 0x7F, 0x80, 0xFF][random.index(below: 5)]
        case 2:
            let number: [UInt8] = [[0x7F, 0xFF, 0xFF, 0xFF], [0x80, 0, 0, 0], [0, 1, 0, 0]][
                random.index(below: 3)]
            bytes.replaceSubrange(place..<min(bytes.count, place + 4), with: number)
        case 3:
            bytes.removeSubrange(place...)
        case 4:
            bytes.removeSubrange(place..<end)
        case 5:
            bytes.insert(contentsOf: bytes[place..<end], at: place)
        case 6:
            let other = frames[random.index(below: frames.count)].bytes
            bytes.replaceSubrange(place..., with: other.suffix(random.index(below: other.count)))
        default:
            for index in place..<end { bytes[index] = UInt8(truncatingIfNeeded: random.next()) }
        }
    }
}
