internal import Martlet

/// How `martlet consume` shows records.
enum RecordStyle: Sendable {
    case plain(Plain)
    case format(RecordFormat)
    case json

    /// The value, perhaps after the key, and a delimiter.
    struct Plain: Sendable {
        var delimiter: [UInt8] = [0x0A]
        var keySeparator: [UInt8]?
        /// Stands for a null key or value.
        var null: [UInt8] = []

        func write(_ record: Record, to output: inout OutputBuffer) {
            if let keySeparator {
                write(record.key, to: &output)
                output.append(keySeparator)
            }
            write(record.value, to: &output)
            if delimiter.count == 1 { output.append(delimiter[0]) } else { output.append(delimiter) }
        }

        @inline(__always)
        private func write(_ bytes: Bytes?, to output: inout OutputBuffer) {
            guard let bytes else { return output.append(null) }
            bytes.withUnsafeBytes { output.append($0) }
        }
    }

    @inline(__always)
    func write(_ record: Record, of partition: TopicPartition, to buffer: inout OutputBuffer) {
        switch self {
        case .plain(let plain): plain.write(record, to: &buffer)
        case .format(let format): format.write(record, of: partition, to: &buffer)
        case .json: RecordJSON.write(record, of: partition, to: &buffer)
        }
    }

    /// Writes records until there are as many as wanted.
    ///
    /// - Returns: How many were written.
    func write(
        _ batch: ConsumerBatch, atMost limit: Int, to output: inout BufferedOutput
    ) throws(StreamError) -> Int {
        var count = 0
        for record in batch {
            if count == limit { break }
            write(record, of: batch.partition, to: &output.buffer)
            try output.flushIfFull()
            count += 1
        }
        return count
    }
}
