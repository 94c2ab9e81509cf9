package import MartletCore

/// One record batch: its header, and the bytes from header to last record.
package struct RecordBatch: Sendable {
    package let header: BatchHeader
    package let bytes: Bytes

    /// Takes the batch at the start of the bytes, which may be longer. The checksum is not checked: see
    /// `BatchHeader.validate`.
    package init(_ bytes: Bytes) throws(RecordError) {
        header = try bytes.withUnsafeBytes { bytes throws(RecordError) in try BatchHeader(bytes) }
        guard header.byteCount <= bytes.count else {
            throw .truncated(byteCount: bytes.count, needed: header.byteCount)
        }
        self.bytes = bytes[0..<header.byteCount]
    }

    /// What a batch may decompress to where the caller has no bound of its own: far above what a well-meant
    /// producer sends, far below what would hurt the reader.
    package static let defaultMaximumDecompressedByteCount = 256 << 20

    /// The records, decompressed once; a slice of the batch where they are not compressed.
    ///
    /// - Parameter maximumDecompressedBytes: Above this the batch is refused instead of filling the memory.
    package func records(
        maximumDecompressedBytes: Int = defaultMaximumDecompressedByteCount
    ) throws(RecordError) -> Records {
        guard let compression = header.compression else {
            throw .unknownCompression(code: header.attributes.compressionCode)
        }
        let payload = bytes[BatchHeader.byteCount..<bytes.count]
        // A batch that compaction has emptied has no compressed data either.
        guard compression != .none, header.recordCount > 0 else {
            return Records(header: header, bytes: payload)
        }
        let plain = try payload.withUnsafeBytes { payload throws(RecordError) in
            try compression.decompress(payload, maximumByteCount: maximumDecompressedBytes)
        }
        return Records(header: header, bytes: plain)
    }
}

extension RecordBatch {
    /// The uncompressed records of a batch, read one at a time.
    ///
    ///     var records = try batch.records()
    ///     while let record = try records.next() { … }
    ///
    /// Keys and values are slices of the batch, or of what it was decompressed to: keeping one keeps all.
    package struct Records: Sendable {
        package let header: BatchHeader
        package let bytes: Bytes
        private var progress = RecordCursor.Progress()

        init(header: BatchHeader, bytes: Bytes) {
            self.header = header
            self.bytes = bytes
        }

        /// The next record; nil behind the last.
        package mutating func next() throws(RecordError) -> Record? {
            defer { withExtendedLifetime(bytes) {} }
            var cursor = RecordCursor(bytes.unsafeMemory, header: header, resuming: progress)
            let view = try cursor.next()
            progress = cursor.progress
            guard let view else { return nil }
            return try record(view)
        }

        /// Calls `body` for each record without allocating, with the memory that the ranges of the view refer
        /// to.
        package func forEach(
            _ body: (RecordView, UnsafeRawBufferPointer) throws(RecordError) -> Void
        ) throws(RecordError) {
            defer { withExtendedLifetime(bytes) {} }
            var cursor = RecordCursor(bytes.unsafeMemory, header: header)
            while let view = try cursor.next() {
                try body(view, cursor.bytes)
            }
        }

        /// All of them at once.
        package consuming func all() throws(RecordError) -> [Record] {
            var result: [Record] = []
            // The count comes from the network: a record takes at least seven bytes.
            result.reserveCapacity(min(max(0, Int(header.recordCount)), bytes.count / 7))
            while let record = try next() {
                result.append(record)
            }
            return result
        }

        /// The record that a cursor over these bytes has found.
        package func record(_ view: RecordView) throws(RecordError) -> Record {
            var headers: [RecordHeader] = []
            if view.headerCount > 0 {
                do {
                    headers = try view.readHeaders(in: bytes)
                } catch {
                    throw .malformedRecord(index: progress.index - 1, error)
                }
            }
            return Record(
                offset: header.offset(of: view), timestamp: header.timestamp(of: view),
                key: view.key.map { bytes[$0] }, value: view.value.map { bytes[$0] }, headers: headers
            )
        }
    }
}

extension BatchHeader {
    package func offset(of record: RecordView) -> Offset {
        baseOffset + Int64(record.offsetDelta)
    }

    package func timestamp(of record: RecordView) -> Timestamp {
        switch timestampType {
        case .createTime: baseTimestamp + record.timestampDelta
        case .logAppendTime: maxTimestamp
        }
    }
}
