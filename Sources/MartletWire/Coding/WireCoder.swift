import MartletCore

/// Walks through the fields of a message, to read them, to write them, or to fill them with random values.
///
/// A message describes its fields once, in `fields(_:)`; the coder's mode decides what happens to them. It
/// is a concrete type, so that the compiler sees through every call, and it cannot be copied, so that there
/// is one position.
///
/// Reading never trusts a length: whatever is announced is compared with the bytes that remain before
/// memory is reserved for it. Byte fields are slices of the input, never copies.
package struct WireCoder: ~Copyable {
    package enum Mode: Sendable {
        case decode, encode, generate
    }

    /// Bytes that a string may have at most, in the classic and in the compact form.
    package static let longestString = Int(Int16.max)
    /// Byte fields longer than this are not copied into the encoded message but stand beside it.
    package static let longestInlineBytes = 4_096

    package let mode: Mode
    package let version: Int16
    /// Whether lengths are compact and every struct ends with tagged fields.
    package let isFlexible: Bool

    // Reading. `memory` spans `input`, which keeps it alive.
    let input: Bytes
    let memory: UnsafeRawBufferPointer
    package internal(set) var position = 0
    var end: Int

    // Writing.
    var output = WireOutput()
    /// Where the count of the tagged fields stands that are being written at this level.
    var taggedCountPosition: Int? = nil
    /// Inside of tagged fields everything is inline, because their size stands in front of them.
    var taggedDepth = 0

    // Filling.
    var random = SplitMix64(seed: 0)

    /// A coder that reads. The input must outlive the coder: its owner keeps it alive until it is done.
    init(decoding input: Bytes, version: Int16, isFlexible: Bool) {
        mode = .decode
        self.version = version
        self.isFlexible = isFlexible
        self.input = input
        memory = input.withUnsafeBytes { $0 }
        end = input.count
    }

    /// A coder that writes.
    init(encodingVersion version: Int16, isFlexible: Bool, reserving byteCount: Int = 256) {
        mode = .encode
        self.version = version
        self.isFlexible = isFlexible
        input = .empty
        memory = UnsafeRawBufferPointer(start: nil, count: 0)
        end = 0
        output.reserve(byteCount)
    }

    /// A coder that fills fields with values that depend on the seed alone.
    init(generatingVersion version: Int16, isFlexible: Bool, seed: UInt64) {
        mode = .generate
        self.version = version
        self.isFlexible = isFlexible
        input = .empty
        memory = UnsafeRawBufferPointer(start: nil, count: 0)
        end = 0
        random = SplitMix64(seed: seed)
    }

    /// Bytes that are left to read.
    var remaining: Int { end - position }

    /// Refuses what follows the end of a message.
    func expectEnd() throws(WireError) {
        guard position == end else { throw .trailingBytes(position: position, count: end - position) }
    }

    /// Hands over what was written.
    consuming func finish() -> EncodedMessage {
        output.finish()
    }

    /// Hands over a frame that was begun with four bytes for its length, which is known only now.
    consuming func finishFrame() throws(WireError) -> EncodedMessage {
        let byteCount = output.byteCount - EncodedMessage.frameLengthSize
        guard let length = Int32(exactly: byteCount) else { throw .frameTooLong(byteCount: byteCount) }
        output.replace(length, at: 0)
        return output.finish()
    }
}

// MARK: Numbers

extension WireCoder {
    /// A big-endian number of fixed width.
    @inline(__always)
    mutating func number<Number: FixedWidthInteger>(_ value: inout Number) throws(WireError) {
        switch mode {
        case .decode: value = try readNumber()
        case .encode: writeNumber(value)
        case .generate: value = random.number()
        }
    }

    @inline(__always)
    mutating func readNumber<Number: FixedWidthInteger>() throws(WireError) -> Number {
        let size = MemoryLayout<Number>.size
        guard remaining >= size else { throw missing(size) }
        let value = memory.loadUnaligned(fromByteOffset: position, as: Number.self)
        position += size
        return Number(bigEndian: value)
    }

    @inline(__always)
    mutating func writeNumber<Number: FixedWidthInteger>(_ value: Number) {
        output.append(value)
    }

    /// Seven bits a byte, lowest first; at most 32 bits.
    mutating func readVarint() throws(WireError) -> UInt32 {
        let start = position
        var value: UInt32 = 0
        for shift in stride(from: UInt32(0), through: 28, by: 7) {
            let byte: UInt8 = try readNumber()
            guard shift < 28 || byte <= 0b1111 else { throw .malformedVarint(position: start) }
            value |= UInt32(byte & 0x7F) << shift
            if byte < 0x80 { return value }
        }
        throw .malformedVarint(position: start)
    }

    mutating func writeVarint(_ value: UInt32) {
        var rest = value
        while rest >= 0x80 {
            output.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        output.append(UInt8(truncatingIfNeeded: rest))
    }

    func missing(_ needed: Int) -> WireError {
        .truncated(position: position, needed: needed, remaining: remaining)
    }
}
