package import MartletCore

/// A record in place: where its parts lie among the uncompressed records of a batch.
package struct RecordView: Hashable, Sendable {
    /// The record with its length prefix.
    package let range: Range<Int>
    package let timestampDelta: Int64
    package let offsetDelta: Int32
    package let key: Range<Int>?
    package let value: Range<Int>?
    package let headerCount: Int32
    /// The headers without their count.
    package let headers: Range<Int>
}

/// Walks over the uncompressed records of a batch without allocating.
///
///     var cursor = RecordCursor(records, header: header)
///     while let record = try cursor.next() { … }
package struct RecordCursor {
    package let bytes: UnsafeRawBufferPointer
    /// How many records the batch says it has.
    package let recordCount: Int
    private(set) var progress: Progress
    private let lastOffsetDelta: Int32

    /// How far a walk has come, for those that cannot hold on to the memory between two records.
    struct Progress: Sendable {
        /// Records seen so far.
        var index = 0
        var position = 0
    }

    /// - Parameter bytes: What follows the header, decompressed.
    package init(_ bytes: UnsafeRawBufferPointer, header: BatchHeader) {
        self.init(bytes, header: header, resuming: Progress())
    }

    init(_ bytes: UnsafeRawBufferPointer, header: BatchHeader, resuming progress: Progress) {
        self.bytes = bytes
        self.progress = progress
        recordCount = Int(header.recordCount)
        lastOffsetDelta = header.lastOffsetDelta
    }

    /// The next record; nil once there have been as many as the batch says, and nothing is left.
    package mutating func next() throws(RecordError) -> RecordView? {
        guard progress.index < recordCount else {
            guard progress.position == bytes.count else {
                throw .trailingBytes(byteCount: bytes.count - progress.position)
            }
            return nil
        }
        let record: RecordView
        do {
            record = try readRecord()
        } catch {
            throw .malformedRecord(index: progress.index, error)
        }
        progress.position = record.range.upperBound
        progress.index += 1
        return record
    }

    @inline(__always)
    private func readRecord() throws(RecordDefect) -> RecordView {
        // By pointer (see `Varint`). Nothing at or behind `end` is read, and `end` lies within the bytes.
        guard let base = bytes.baseAddress else { throw .badVarint }
        let count = bytes.count
        var scan = progress.position
        guard let length = Varint.readSigned32(base, upTo: count, at: &scan) else { throw .badVarint }
        guard length >= 0, Int(length) <= count - scan else { throw .badLength }
        let end = scan + Int(length)

        guard scan < end else { throw .badSize }
        scan += 1  // Attributes, of which no version defines any.
        guard let timestampDelta = Varint.readSigned64(base, upTo: end, at: &scan),
            let offsetDelta = Varint.readSigned32(base, upTo: end, at: &scan)
        else { throw .badVarint }
        // Not that they grow: readers of Kafka's own logs meet producers that were not strict.
        guard offsetDelta >= 0, offsetDelta <= lastOffsetDelta else { throw .badOffset }
        let key = try Self.readRange(base, upTo: end, at: &scan)
        let value = try Self.readRange(base, upTo: end, at: &scan)
        guard let headerCount = Varint.readSigned32(base, upTo: end, at: &scan) else { throw .badVarint }
        let headers = scan..<end
        // A header takes at least a byte for each of its two lengths.
        guard headerCount >= 0, Int(headerCount) <= headers.count / 2 else { throw .badHeaderCount }
        guard headerCount > 0 || headers.isEmpty else { throw .badSize }
        return RecordView(
            range: progress.position..<end, timestampDelta: timestampDelta, offsetDelta: offsetDelta,
            key: key, value: value,
            headerCount: headerCount, headers: headers
        )
    }

    /// Reads a length and skips what it counts; nil for -1.
    @inline(__always)
    static func readRange(
        _ base: UnsafeRawPointer, upTo end: Int, at scan: inout Int
    ) throws(RecordDefect) -> Range<Int>? {
        guard let length = Varint.readSigned32(base, upTo: end, at: &scan) else { throw .badVarint }
        guard length >= 0 else {
            guard length == -1 else { throw .badLength }
            return nil
        }
        guard Int(length) <= end - scan else { throw .badLength }
        let start = scan
        scan += Int(length)
        return start..<scan
    }
}

extension RecordView {
    /// Reads the headers of the record from the bytes in which the cursor found it.
    package func readHeaders(in records: Bytes) throws(RecordDefect) -> [RecordHeader] {
        guard headerCount > 0 else { return [] }
        return try records.withUnsafeBytes { all throws(RecordDefect) -> [RecordHeader] in
            guard let base = all.baseAddress else { throw .badSize }
            let end = headers.upperBound
            precondition(end <= all.count, "the headers lie in other bytes")
            var scan = headers.lowerBound
            var result: [RecordHeader] = []
            for _ in 0..<headerCount {
                guard let keyRange = try RecordCursor.readRange(base, upTo: end, at: &scan) else {
                    throw .nullHeaderKey
                }
                // Keys that are not UTF-8 exist: what cannot be read of them is replaced, as the Java client
                // does.
                let key = String(decoding: all[keyRange], as: UTF8.self)
                let value = try RecordCursor.readRange(base, upTo: end, at: &scan)
                result.append(RecordHeader(key: key, value: value.map { records[$0] }))
            }
            guard scan == end else { throw .badSize }
            return result
        }
    }
}
