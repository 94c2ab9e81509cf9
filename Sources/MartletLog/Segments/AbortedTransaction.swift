package import MartletCore

/// A transaction whose records read-committed consumers must leave out.
///
/// In a `.txnindex` it takes 34 bytes: a version (int16, 0), then producer id, first offset, last offset and
/// last stable offset (int64 each), big endian.
package struct AbortedTransaction: Sendable, Hashable {
    package var producerID: ProducerID
    /// Of its first record in this log.
    package var firstOffset: Offset
    /// Of the marker that aborted it.
    package var lastOffset: Offset
    /// Where the oldest transaction began that was open then, or else the offset behind the marker. What
    /// ends later has no records below.
    package var lastStableOffset: Offset

    package init(
        producerID: ProducerID, firstOffset: Offset, lastOffset: Offset, lastStableOffset: Offset
    ) {
        self.producerID = producerID
        self.firstOffset = firstOffset
        self.lastOffset = lastOffset
        self.lastStableOffset = lastStableOffset
    }

    package static let encodedByteCount = 34
    private static let version: Int16 = 0

    func append(to bytes: inout [UInt8]) {
        bytes.append(bigEndian: Self.version)
        bytes.append(bigEndian: producerID.rawValue)
        bytes.append(bigEndian: firstOffset.rawValue)
        bytes.append(bigEndian: lastOffset.rawValue)
        bytes.append(bigEndian: lastStableOffset.rawValue)
    }

    /// Nil if it makes no sense, or is of a version that we do not know.
    init?(decoding bytes: UnsafeRawBufferPointer, at start: Int) {
        guard bytes.bigEndian(Int16.self, at: start) == Self.version else { return nil }
        producerID = ProducerID(rawValue: bytes.bigEndian(Int64.self, at: start + 2))
        firstOffset = Offset(rawValue: bytes.bigEndian(Int64.self, at: start + 10))
        lastOffset = Offset(rawValue: bytes.bigEndian(Int64.self, at: start + 18))
        lastStableOffset = Offset(rawValue: bytes.bigEndian(Int64.self, at: start + 26))
        guard producerID.rawValue >= 0, firstOffset >= 0, firstOffset < lastOffset, lastStableOffset >= 0
        else { return nil }
    }
}
