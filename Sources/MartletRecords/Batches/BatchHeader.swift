package import MartletCore

/// The first 61 bytes of a record batch of format v2, which say all that a broker needs to know of it.
///
/// | bytes | field | | bytes | field |
/// |---|---|---|---|---|
/// | 0..<8 | base offset | | 27..<35 | base timestamp |
/// | 8..<12 | batch length: bytes behind this field | | 35..<43 | maximum timestamp |
/// | 12..<16 | partition leader epoch | | 43..<51 | producer id |
/// | 16 | magic, 2 | | 51..<53 | producer epoch |
/// | 17..<21 | CRC-32C of all that follows | | 53..<57 | base sequence |
/// | 21..<23 | attributes | | 57..<61 | record count |
/// | 23..<27 | last offset delta | | 61... | records, compressed or not |
///
/// All numbers are big endian. Offset and leader epoch stand before the checksum so that the broker can set
/// them without computing it again.
package struct BatchHeader: Hashable, Sendable {
    /// Bytes of the header, and so of the smallest batch.
    package static let byteCount = 61
    /// Bytes before those that `batchLength` counts.
    package static let lengthPrefixByteCount = 12
    /// The only format that is stored.
    package static let currentMagic: Int8 = 2
    /// Stands for the sequence of a producer that is not idempotent.
    package static let noSequence: Int32 = -1

    package internal(set) var baseOffset: Offset
    package internal(set) var batchLength: Int32
    package internal(set) var leaderEpoch: LeaderEpoch
    package internal(set) var magic: Int8
    package internal(set) var crc: UInt32
    package internal(set) var attributes: BatchAttributes
    package internal(set) var lastOffsetDelta: Int32
    package internal(set) var baseTimestamp: Timestamp
    package internal(set) var maxTimestamp: Timestamp
    package internal(set) var producerID: ProducerID
    package internal(set) var producerEpoch: ProducerEpoch
    package internal(set) var baseSequence: Int32
    package internal(set) var recordCount: Int32

    /// Reads the header at the start of the bytes. Checks only what tells whether it is one: magic and
    /// length. The batch behind it may be cut off.
    package init(_ bytes: UnsafeRawBufferPointer) throws(RecordError) {
        guard bytes.count > Field.magic else {
            throw .truncated(byteCount: bytes.count, needed: Self.byteCount)
        }
        let length = bytes.bigEndian(Int32.self, at: Field.batchLength)
        // Below the overhead of the oldest format it is no batch at all: zeros that were preallocated, say.
        guard length >= Self.oldestFormatMinimumLength else { throw .invalidLength(length) }
        let magic = bytes.bigEndian(Int8.self, at: Field.magic)
        guard magic == Self.currentMagic else {
            throw (0..<Self.currentMagic).contains(magic) ? .unsupportedMagic(magic) : .unknownMagic(magic)
        }
        guard Int(length) >= Self.byteCount - Self.lengthPrefixByteCount else { throw .invalidLength(length) }
        guard bytes.count >= Self.byteCount else {
            throw .truncated(byteCount: bytes.count, needed: Self.byteCount)
        }
        baseOffset = Offset(rawValue: bytes.bigEndian(Int64.self, at: Field.baseOffset))
        batchLength = length
        leaderEpoch = LeaderEpoch(rawValue: bytes.bigEndian(Int32.self, at: Field.leaderEpoch))
        self.magic = magic
        crc = bytes.bigEndian(UInt32.self, at: Field.crc)
        attributes = BatchAttributes(rawValue: bytes.bigEndian(Int16.self, at: Field.attributes))
        lastOffsetDelta = bytes.bigEndian(Int32.self, at: Field.lastOffsetDelta)
        baseTimestamp = Timestamp(rawValue: bytes.bigEndian(Int64.self, at: Field.baseTimestamp))
        maxTimestamp = Timestamp(rawValue: bytes.bigEndian(Int64.self, at: Field.maxTimestamp))
        producerID = ProducerID(rawValue: bytes.bigEndian(Int64.self, at: Field.producerID))
        producerEpoch = ProducerEpoch(rawValue: bytes.bigEndian(Int16.self, at: Field.producerEpoch))
        baseSequence = bytes.bigEndian(Int32.self, at: Field.baseSequence)
        recordCount = bytes.bigEndian(Int32.self, at: Field.recordCount)
    }

    private static let oldestFormatMinimumLength: Int32 = 14
}

extension BatchHeader {
    /// Where the fields begin.
    package enum Field {
        package static let baseOffset = 0
        package static let batchLength = 8
        package static let leaderEpoch = 12
        package static let magic = 16
        package static let crc = 17
        package static let attributes = 21
        package static let lastOffsetDelta = 23
        package static let baseTimestamp = 27
        package static let maxTimestamp = 35
        package static let producerID = 43
        package static let producerEpoch = 51
        package static let baseSequence = 53
        package static let recordCount = 57
    }

    /// Bytes of the whole batch, header included.
    package var byteCount: Int { Self.lengthPrefixByteCount + Int(batchLength) }

    /// Offset of the last record. Wraps on input that nobody has validated.
    package var lastOffset: Offset { baseOffset + Int64(lastOffsetDelta) }

    /// The offset that the batch behind this one begins with, at the least.
    package var nextOffset: Offset { lastOffset + 1 }

    /// Whether the producer is idempotent, so that its sequence counts.
    package var hasProducerID: Bool { producerID.rawValue >= 0 }

    /// Sequence of the last record; `noSequence` without a sequence.
    package var lastSequence: Int32 { Self.sequence(baseSequence, advancedBy: lastOffsetDelta) }

    /// The sequence that the producer's next batch must begin with.
    package var nextSequence: Int32 { Self.sequence(lastSequence, advancedBy: 1) }

    /// The sequence `count` records later: 0 follows the largest. Negative ones stand for none and stay.
    package static func sequence(_ sequence: Int32, advancedBy count: Int32) -> Int32 {
        guard sequence >= 0 else { return noSequence }
        return Int32(truncatingIfNeeded: (Int64(sequence) + Int64(count)) & Int64(Int32.max))
    }

    /// Whether a producer sends one sequence before the other, which is less than half of all numbers away.
    package static func isSequence(_ sequence: Int32, before other: Int32) -> Bool {
        let distance = (Int64(other) - Int64(sequence)) & Int64(Int32.max)
        return distance > 0 && distance < Int64(1) << 30
    }

    package var compression: Compression? { attributes.compression }
    package var timestampType: TimestampType { attributes.timestampType }
    package var isTransactional: Bool { attributes.contains(.transactional) }
    package var isControl: Bool { attributes.contains(.control) }

    /// Whether the base timestamp is the time at which compaction may drop tombstones and markers.
    package var hasDeleteHorizon: Bool { attributes.contains(.deleteHorizon) }
}
