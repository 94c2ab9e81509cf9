internal import MartletCore

extension BatchMerger {
    /// Writes the batch in progress behind the finished ones: in its codec if that makes it smaller, and as
    /// it came if it is still one whole batch and not larger that way.
    mutating func finishRun(_ runHeader: BatchHeader) throws(RecordError) {
        var header = runHeader
        if !original.bytes.isEmpty {
            let arrived = try BatchHeader(original.bytes)
            if arrived.compression == header.compression { return takeOriginal(arrived) }
        }
        let start = output.count
        do {
            try appendRecords(&header)
            guard original.bytes.isEmpty || output.count - start < original.count else {
                output.truncate(to: start)
                return takeOriginal(try BatchHeader(original.bytes))
            }
            try header.write(to: UnsafeMutableRawBufferPointer(rebasing: output.mutableBytes[start...]))
        } catch {
            output.truncate(to: start)
            throw error
        }
        finished.append(header)
    }

    /// Writes the batch without any record: what it says of offsets and producer remains.
    mutating func appendEmpty(_ source: BatchHeader) throws(RecordError) {
        try flush()
        var header = source
        header.setCompression(.none)
        header.recordCount = 0
        header.attributes.remove(.deleteHorizon)
        header.baseTimestamp = .none
        let start = output.count
        reserveHeader()
        try header.write(to: UnsafeMutableRawBufferPointer(rebasing: output.mutableBytes[start...]))
        finished.append(header)
    }

    private mutating func appendRecords(_ header: inout BatchHeader) throws(RecordError) {
        reserveHeader()
        let start = output.count
        let compression = header.compression ?? .none
        try compression.compress(run.bytes, into: &output, level: options.level)
        if compression != .none, output.count - start >= run.count {
            output.truncate(to: start)
            output.append(run.bytes)
            header.setCompression(.none)
        }
    }

    private mutating func reserveHeader() {
        _ = output.reserve(BatchHeader.byteCount)
        output.didAppend(BatchHeader.byteCount)
    }

    private mutating func takeOriginal(_ header: BatchHeader) {
        output.append(original.bytes)
        finished.append(header)
    }
}
