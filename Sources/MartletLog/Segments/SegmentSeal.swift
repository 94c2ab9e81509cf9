package import MartletCore

/// What is known of a segment since it was sealed (`.seal`), so that nobody need read it to learn its size
/// and age, and so that a file that is shorter than it was, or an index that is not what was written, is
/// found out.
///
/// 56 bytes, big endian: `MSEL`, a version (uint32, 1), base offset, next offset, bytes of the `.log`,
/// largest time (int64 each), CRC-32C of the `.index` and of the `.timeindex`, flags (bit 0: settled, bit 1:
/// gapless, bit 2: damaged), CRC-32C of all before (uint32 each).
package struct SegmentSeal: Hashable, Sendable {
    package var baseOffset: Offset
    /// Where the next segment begins.
    package var nextOffset: Offset
    /// Bytes of the `.log` file.
    package var byteCount: Int64
    /// Largest time of its records; none without records.
    package var largestTimestamp: Timestamp
    package var indexChecksum: UInt32
    package var timeIndexChecksum: UInt32
    /// Background compression has been here, or has found nothing to gain.
    package var isSettled = false
    /// Each batch begins with the offset behind the one before, from the first offset of the segment to its
    /// last: so an offset that was changed is found out, although checksums do not cover it.
    package var isGapless = false
    /// Parts of it are damaged, as the note beside it says: so what is missing at its end is damage, too.
    package var isDamaged = false

    private static let magic: UInt32 = 0x4D53_454C
    private static let version: UInt32 = 1
    private static let encodedByteCount = 56

    /// Of a segment that is no longer written.
    init(_ segment: ActiveSegment, nextOffset: Offset, index: [UInt8], timeIndex: [UInt8]) {
        baseOffset = segment.baseOffset
        self.nextOffset = nextOffset
        byteCount = segment.byteCount
        largestTimestamp = segment.largestTime
        isGapless = segment.isGapless && segment.nextOffset == nextOffset
        indexChecksum = index.withUnsafeBytes { CRC32C.checksum(of: $0) }
        timeIndexChecksum = timeIndex.withUnsafeBytes { CRC32C.checksum(of: $0) }
    }

    package func encoded() -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Self.encodedByteCount)
        bytes.append(bigEndian: Self.magic)
        bytes.append(bigEndian: Self.version)
        bytes.append(bigEndian: baseOffset.rawValue)
        bytes.append(bigEndian: nextOffset.rawValue)
        bytes.append(bigEndian: byteCount)
        bytes.append(bigEndian: largestTimestamp.rawValue)
        bytes.append(bigEndian: indexChecksum)
        bytes.append(bigEndian: timeIndexChecksum)
        bytes.append(bigEndian: UInt32((isSettled ? 1 : 0) | (isGapless ? 2 : 0) | (isDamaged ? 4 : 0)))
        bytes.append(bigEndian: bytes.withUnsafeBytes { CRC32C.checksum(of: $0) })
        return bytes
    }

    /// Nil if the bytes are something else, or damaged.
    package init?(decoding bytes: UnsafeRawBufferPointer) {
        guard bytes.count == Self.encodedByteCount, bytes.bigEndian(UInt32.self, at: 0) == Self.magic,
            bytes.bigEndian(UInt32.self, at: 4) == Self.version,
            CRC32C.checksum(of: UnsafeRawBufferPointer(rebasing: bytes[..<52]))
                == bytes.bigEndian(UInt32.self, at: 52)
        else { return nil }
        baseOffset = Offset(rawValue: bytes.bigEndian(Int64.self, at: 8))
        nextOffset = Offset(rawValue: bytes.bigEndian(Int64.self, at: 16))
        byteCount = bytes.bigEndian(Int64.self, at: 24)
        largestTimestamp = Timestamp(rawValue: bytes.bigEndian(Int64.self, at: 32))
        indexChecksum = bytes.bigEndian(UInt32.self, at: 40)
        timeIndexChecksum = bytes.bigEndian(UInt32.self, at: 44)
        let flags = bytes.bigEndian(UInt32.self, at: 48)
        isSettled = flags & 1 == 1
        isGapless = flags & 2 == 2
        isDamaged = flags & 4 == 4
    }
}
