internal import MartletCore

#if canImport(Darwin)
    internal import Darwin
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Glibc
#endif

/// What the values of records are filled with behind their stamps: one block, larger than what a codec looks
/// back on, which all producers walk through. So each byte of a record is known to whoever knows its number.
struct PayloadPool: Sendable {
    enum Kind: Equatable, Sendable {
        /// Bytes that no codec makes smaller.
        case random
        /// Events as services write them: zstd leaves about a fourth of them, lz4 two fifths.
        case json
        /// All the same.
        case zeros
        /// What is in a file, again and again.
        case file(String)
    }

    /// More of a file is not read.
    static let maximumFileByteCount = 64 << 20

    private let block: Bytes
    let byteCount: Int

    init(_ kind: Kind, byteCount wanted: Int, seed: UInt64 = 0x9E37_79B9_7F4A_7C15) throws(StreamError) {
        switch kind {
        case .zeros: block = Bytes([UInt8](repeating: 0, count: 4_096))
        case .random: block = Self.random(max(wanted, 4_096), seed)
        case .json: block = Self.events(max(wanted, 4_096), seed)
        case .file(let path): block = try Self.contents(of: path)
        }
        byteCount = block.count
    }

    /// Where the body of a record begins.
    @inline(__always)
    private func position(producer: UInt32, sequence: Int64, bodyByteCount: Int) -> Int {
        // Producers begin far from each other.
        let start = UInt64(producer) &* 1_000_003
        return Int((start &+ UInt64(bitPattern: sequence) &* UInt64(bodyByteCount)) % UInt64(byteCount))
    }

    @inline(__always)
    func fill(_ body: UnsafeMutableRawBufferPointer, producer: UInt32, sequence: Int64) {
        guard let target = body.baseAddress, body.count > 0 else { return }
        withExtendedLifetime(block) {
            let memory = block.unsafeMemory
            guard let source = memory.baseAddress else { return }
            var (at, filled) = (
                position(producer: producer, sequence: sequence, bodyByteCount: body.count), 0
            )
            while filled < body.count {
                let count = min(body.count - filled, byteCount - at)
                (target + filled).copyMemory(from: source + at, byteCount: count)
                filled += count
                at = 0
            }
        }
    }

    /// Whether a body is what `fill` made of it.
    func matches(_ body: UnsafeRawBufferPointer, producer: UInt32, sequence: Int64) -> Bool {
        guard let target = body.baseAddress, body.count > 0 else { return true }
        return withExtendedLifetime(block) {
            guard let source = block.unsafeMemory.baseAddress else { return true }
            var (at, compared) = (
                position(producer: producer, sequence: sequence, bodyByteCount: body.count), 0
            )
            while compared < body.count {
                let count = min(body.count - compared, byteCount - at)
                guard memcmp(target + compared, source + at, count) == 0 else { return false }
                compared += count
                at = 0
            }
            return true
        }
    }

    // MARK: Contents

    private static func random(_ byteCount: Int, _ seed: UInt64) -> Bytes {
        var generator = XorShift(seed)
        var words = [UInt64](repeating: 0, count: (byteCount + 7) / 8)
        for index in words.indices { words[index] = generator.next() }
        return words.withUnsafeBytes { Bytes(copying: $0) }
    }

    private static func events(_ byteCount: Int, _ seed: UInt64) -> Bytes {
        let kinds = ["order.placed", "order.paid", "page.viewed", "cart.changed", "search.made"]
        let countries = ["DE", "FR", "US", "JP", "BR", "IN"]
        var generator = XorShift(seed)
        var output = OutputBuffer(capacity: byteCount + 512)
        var time: Int64 = 1_763_713_800_000
        while output.count < byteCount {
            let (one, two) = (generator.next(), generator.next())
            time += Int64(one % 50)
            output.line { json in
                json.field("id", String(one, radix: 16) + String(two, radix: 16))
                json.field("type", kinds[Int(one % UInt64(kinds.count))])
                json.field("time", time)
                json.field("user", Int64(two % 100_000))
                json.field("country", countries[Int(two % UInt64(countries.count))])
                json.field("amountCents", Int64(one >> 40 & 0xFFFF))
                json.field("path", "/products/\(two >> 20 & 0xFFF)/details")
                json.field("isReturning", one & 1 == 1)
            }
        }
        return output.withBytes { Bytes(copying: $0) }
    }

    private static func contents(of path: String) throws(StreamError) -> Bytes {
        let descriptor = try Descriptor.openForReading(path)
        defer { close(descriptor) }
        var contents: [UInt8] = []
        let block = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 << 10, alignment: 16)
        defer { block.deallocate() }
        while contents.count < maximumFileByteCount {
            let count = try Descriptor.read(descriptor, into: block, name: path)
            guard count > 0 else { break }
            contents += block[..<count]
        }
        guard !contents.isEmpty else {
            throw .failed(operation: "fill records from", name: path, errno: ENODATA)
        }
        return Bytes(contents)
    }
}

/// Numbers that look random, the same for the same seed.
struct XorShift: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) {
        state = seed == 0 ? 1 : seed
    }

    mutating func next() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        // The high bits of a xorshift alone are weak in their low places.
        return state &* 0x2545_F491_4F6C_DD1D
    }
}
