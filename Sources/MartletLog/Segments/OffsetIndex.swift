package import MartletCore

/// Sparse map from offsets to positions in a segment. A hint: the segment is the truth, and a lookup may land
/// on an earlier batch, from where the reader walks on.
///
/// An entry names the last offset of a batch, relative to the segment, and where the batch begins. On disk it
/// takes two big-endian 32-bit numbers.
package struct OffsetIndex: Sendable, Equatable {
    package struct Entry: Sendable, Equatable {
        package var relativeOffset: UInt32
        package var position: UInt32
    }

    package static let entryByteCount = 8
    package private(set) var entries: [Entry] = []

    package init() {}

    /// Adds an entry unless it would break the order, as the last entry of an older index may.
    mutating func append(relativeOffset: UInt32, position: UInt32) {
        if let last = entries.last, last.relativeOffset >= relativeOffset || last.position >= position {
            return
        }
        entries.append(Entry(relativeOffset: relativeOffset, position: position))
    }

    var byteCount: Int { entries.count * Self.entryByteCount }
}

/// Sparse map from times to offsets: the largest time up to a batch, and the last offset of the batch that
/// has it. Times and offsets both grow. On disk an entry is a big-endian 64-bit time and a 32-bit relative
/// offset.
package struct TimeIndex: Sendable, Equatable {
    package struct Entry: Sendable, Equatable {
        package var timestamp: Timestamp
        package var relativeOffset: UInt32
    }

    package static let entryByteCount = 12
    package private(set) var entries: [Entry] = []

    package init() {}

    /// Adds an entry if the time is a new maximum.
    mutating func append(timestamp: Timestamp, relativeOffset: UInt32) {
        if let last = entries.last, last.timestamp >= timestamp || last.relativeOffset > relativeOffset {
            return
        }
        entries.append(Entry(timestamp: timestamp, relativeOffset: relativeOffset))
    }

    var byteCount: Int { entries.count * Self.entryByteCount }
}

extension OffsetIndex {
    /// The form on disk.
    package func encoded() -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(byteCount)
        for entry in entries {
            bytes.append(bigEndian: entry.relativeOffset)
            bytes.append(bigEndian: entry.position)
        }
        return bytes
    }

    /// Reads the form on disk; nil if it is not in order or points beyond the segment, so that it must be
    /// rebuilt.
    ///
    /// Zeros at the end are space that Apache Kafka reserves and, after a crash, leaves behind.
    package init?(decoding bytes: UnsafeRawBufferPointer, segmentByteCount: Int64) {
        guard bytes.count % Self.entryByteCount == 0 else { return nil }
        for start in stride(from: 0, to: bytes.count, by: Self.entryByteCount) {
            let entry = Entry(
                relativeOffset: bytes.bigEndian(UInt32.self, at: start),
                position: bytes.bigEndian(UInt32.self, at: start + 4))
            if let last = entries.last {
                if entry == Entry(relativeOffset: 0, position: 0) { break }
                guard entry.relativeOffset > last.relativeOffset, entry.position > last.position else {
                    return nil
                }
            }
            guard Int64(entry.position) < segmentByteCount else { return nil }
            entries.append(entry)
        }
    }
}

extension TimeIndex {
    /// The form on disk.
    package func encoded() -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(byteCount)
        for entry in entries {
            bytes.append(bigEndian: entry.timestamp.rawValue)
            bytes.append(bigEndian: entry.relativeOffset)
        }
        return bytes
    }

    /// Reads the form on disk; nil if it is not in order.
    package init?(decoding bytes: UnsafeRawBufferPointer) {
        guard bytes.count % Self.entryByteCount == 0 else { return nil }
        for start in stride(from: 0, to: bytes.count, by: Self.entryByteCount) {
            let entry = Entry(
                timestamp: Timestamp(rawValue: bytes.bigEndian(Int64.self, at: start)),
                relativeOffset: bytes.bigEndian(UInt32.self, at: start + 8))
            if let last = entries.last {
                if entry == Entry(timestamp: 0, relativeOffset: 0) { break }
                guard entry.timestamp > last.timestamp, entry.relativeOffset >= last.relativeOffset else {
                    return nil
                }
            }
            entries.append(entry)
        }
    }
}
