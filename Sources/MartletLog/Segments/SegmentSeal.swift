package import MartletCore

/// What is known of a segment since it was sealed (`.seal`), so that nobody need read it to learn its size
/// and age, and so that a file that is shorter than it was, or an index that is not what was written, is
/// found out.
///
/// 60 bytes, big endian: `MSEL`, a version (uint32, 2), base offset, next offset, bytes of the `.log`,
/// largest time (int64 each), CRC-32C of the `.index`, of the `.timeindex` and of the `.txnindex` (0 without
/// one), flags (bit 0: settled, bit 1: gapless, bit 2: damaged), CRC-32C of all before (uint32 each).
/// Version 1 lacks the third of these checksums: there were no transactions then.
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
    /// 0 if no transaction was aborted, and so there is no file; nil if nobody has computed it.
    package var transactionIndexChecksum: UInt32?
    /// Background compression has been here, or has found nothing to gain.
    package var isSettled = false
    /// Each batch begins with the offset behind the one before, from the first offset of the segment to its
    /// last: so an offset that was changed is found out, although checksums do not cover it.
    package var isGapless = false
    /// Parts of it are damaged, as the note beside it says: so what is missing at its end is damage, too.
    package var isDamaged = false

    private static let magic: UInt32 = 0x4D53_454C
    private static let version: UInt32 = 2

    /// Of a segment that is no longer written.
    init(
        _ segment: ActiveSegment, nextOffset: Offset, index: [UInt8], timeIndex: [UInt8],
        transactions: [UInt8]
    ) {
        baseOffset = segment.baseOffset
        self.nextOffset = nextOffset
        byteCount = segment.byteCount
        largestTimestamp = segment.largestTime
        isGapless = segment.isGapless && segment.nextOffset == nextOffset
        indexChecksum = index.withUnsafeBytes { CRC32C.checksum(of: $0) }
        timeIndexChecksum = timeIndex.withUnsafeBytes { CRC32C.checksum(of: $0) }
        transactionIndexChecksum = transactions.withUnsafeBytes { CRC32C.checksum(of: $0) }
    }

    package func encoded() -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(60)
        bytes.append(bigEndian: Self.magic)
        bytes.append(bigEndian: Self.version)
        bytes.append(bigEndian: baseOffset.rawValue)
        bytes.append(bigEndian: nextOffset.rawValue)
        bytes.append(bigEndian: byteCount)
        bytes.append(bigEndian: largestTimestamp.rawValue)
        bytes.append(bigEndian: indexChecksum)
        bytes.append(bigEndian: timeIndexChecksum)
        bytes.append(bigEndian: transactionIndexChecksum ?? 0)
        bytes.append(bigEndian: UInt32((isSettled ? 1 : 0) | (isGapless ? 2 : 0) | (isDamaged ? 4 : 0)))
        bytes.append(bigEndian: bytes.withUnsafeBytes { CRC32C.checksum(of: $0) })
        return bytes
    }

    /// Nil if the bytes are something else, or damaged.
    package init?(decoding bytes: UnsafeRawBufferPointer) {
        let end = bytes.count - 4
        guard end >= 4, bytes.bigEndian(UInt32.self, at: 0) == Self.magic,
            CRC32C.checksum(of: UnsafeRawBufferPointer(rebasing: bytes[..<end]))
                == bytes.bigEndian(UInt32.self, at: end)
        else { return nil }
        switch (bytes.bigEndian(UInt32.self, at: 4), end) {
        case (1, 52): break
        case (Self.version, 56): transactionIndexChecksum = bytes.bigEndian(UInt32.self, at: 48)
        default: return nil
        }
        baseOffset = Offset(rawValue: bytes.bigEndian(Int64.self, at: 8))
        nextOffset = Offset(rawValue: bytes.bigEndian(Int64.self, at: 16))
        byteCount = bytes.bigEndian(Int64.self, at: 24)
        largestTimestamp = Timestamp(rawValue: bytes.bigEndian(Int64.self, at: 32))
        indexChecksum = bytes.bigEndian(UInt32.self, at: 40)
        timeIndexChecksum = bytes.bigEndian(UInt32.self, at: 44)
        let flags = bytes.bigEndian(UInt32.self, at: end - 4)
        isSettled = flags & 1 == 1
        isGapless = flags & 2 == 2
        isDamaged = flags & 4 == 4
    }
}
