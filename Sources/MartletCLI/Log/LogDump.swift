internal import Martlet
internal import MartletLog
internal import MartletRecords

#if canImport(Darwin)
    internal import Darwin
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Glibc
#endif

/// Prints what segments hold, batch by batch. Damage is told on standard error, and what follows it is
/// printed again.
struct LogDump: ~Copyable {
    let fileSystem: any FileSystem
    let showsRecords: Bool
    let isJSON: Bool
    /// Records outside of these offsets, and batches without any inside, are left out.
    let offsets: Range<Offset>
    /// Takes a line about damage.
    private let tells: (String) throws -> Void
    private var output: BufferedOutput
    private(set) var damageCount = 0

    init(
        _ fileSystem: any FileSystem, showsRecords: Bool, isJSON: Bool,
        offsets: Range<Offset> = 0..<Offset(rawValue: .max),
        output: consuming BufferedOutput = .standard(),
        tells: @escaping (String) throws -> Void = { try Descriptor.write($0, to: STDERR_FILENO) }
    ) {
        self.tells = tells
        self.output = output
        self.fileSystem = fileSystem
        self.showsRecords = showsRecords
        self.isJSON = isJSON
        self.offsets = offsets
    }

    mutating func write(_ partition: PartitionFiles) throws {
        for segment in partition.segments {
            let next = partition.successor(of: segment) ?? Offset(rawValue: .max)
            guard segment < offsets.upperBound, next > offsets.lowerBound else { continue }
            let path = partition.path(.log, segment)
            var reader = try SegmentReader(try fileSystem.open(path, .readOnly), baseOffset: segment)
            if !isJSON { output.buffer.append("\(path)\n") }
            scan: while let element = try reader.next() {
                switch element {
                case .batch(let header, let position):
                    guard header.baseOffset < offsets.upperBound else { break scan }
                    guard header.lastOffset >= offsets.lowerBound else { continue }
                    let bytes = reader.bytes(of: header, at: position)
                    try write(
                        header, bytes, BatchPlace(file: path, position: position), of: partition.partition)
                    try output.flushIfFull()
                case .damage(let position, let damage):
                    let isLast = segment == partition.lastSegment
                    guard try skip(damage, at: position, &reader, path, isLast) else { break scan }
                }
            }
            if !(showsRecords && isJSON) { try writeAborted(in: segment, upTo: next, of: partition) }
        }
    }

    /// What the segment's index says of aborted transactions, if it has one.
    private mutating func writeAborted(
        in segment: Offset, upTo next: Offset, of partition: PartitionFiles
    ) throws {
        let path = partition.path(.txnindex, segment)
        guard let bytes = try fileSystem.contents(of: path) else { return }
        guard
            let index = bytes.withUnsafeBytes({ TransactionIndex(decoding: $0, within: segment..<next) })
        else {
            damageCount += 1
            try output.flush()
            return try tells("martlet: \(path): no index of aborted transactions, or damaged\n")
        }
        if !isJSON, !index.isEmpty { output.buffer.append("\(path)\n") }
        for aborted in index.entries
        where aborted.firstOffset < offsets.upperBound && aborted.lastOffset >= offsets.lowerBound {
            if isJSON {
                output.buffer.line { json in
                    json.field("file", path)
                    json.field("producerId", aborted.producerID.rawValue)
                    json.field("firstOffset", aborted.firstOffset.rawValue)
                    json.field("lastOffset", aborted.lastOffset.rawValue)
                    json.field("lastStableOffset", aborted.lastStableOffset.rawValue)
                }
            } else {
                output.buffer.append(
                    "  aborted  producer \(aborted.producerID)  offsets \(aborted.firstOffset)-"
                        + "\(aborted.lastOffset)  last stable offset \(aborted.lastStableOffset)\n")
            }
            try output.flushIfFull()
        }
    }

    mutating func finish() throws(StreamError) { try output.flush() }

    /// - Returns: Whether there is more behind it.
    private mutating func skip(
        _ damage: Damage, at position: Int64, _ reader: inout SegmentReader, _ path: String, _ isLast: Bool
    ) throws -> Bool {
        var goesOn = true
        if case .zeros = damage {
            // Space that is reserved for what comes next.
            if isLast { return false }
            goesOn = false
        }
        damageCount += 1
        try output.flush()
        try tells("martlet: \(path):\(position): \(damage)\n")
        return try goesOn && reader.resynchronize()
    }

    private mutating func write(
        _ header: BatchHeader, _ bytes: Bytes, _ place: BatchPlace, of partition: TopicPartition?
    ) throws {
        let marker = header.isControl ? TransactionMarker(bytes) : nil
        if !(showsRecords && isJSON) {
            if isJSON {
                output.buffer.line { json in place.write(header, marker, to: &json) }
            } else {
                output.buffer.append(place.line(header, marker))
            }
        }
        guard showsRecords, marker == nil else { return }
        do throws(RecordError) {
            var records = try RecordBatch(bytes).records()
            while let record = try records.next() {
                if offsets.contains(record.offset) { write(record, header, of: partition) }
            }
        } catch {
            damageCount += 1
            try output.flush()
            try tells("martlet: \(place.file):\(place.position): \(error)\n")
        }
    }

    private mutating func write(_ record: Record, _ header: BatchHeader, of partition: TopicPartition?) {
        if isJSON {
            // Markers of transactions are the broker's own, and nothing to produce again.
            guard !header.isControl else { return }
            RecordJSON.write(record, of: partition ?? TopicPartition("", 0), to: &output.buffer)
            return
        }
        output.buffer.append("    offset \(record.offset)  \(CalendarTime(record.timestamp))  key ")
        output.buffer.append(shown: record.key)
        output.buffer.append("  value ")
        output.buffer.append(shown: record.value)
        for header in record.headers {
            output.buffer.append("  header ")
            output.buffer.append(json: header.key)
            output.buffer.append(UInt8(ascii: "="))
            output.buffer.append(shown: header.value)
        }
        output.buffer.append(UInt8(ascii: "\n"))
    }
}

extension OutputBuffer {
    /// Text in quotes as in JSON, other bytes as `base64:…`, nil as `null`.
    fileprivate mutating func append(shown bytes: Bytes?) {
        guard let bytes else { return append("null") }
        bytes.withUnsafeBytes { bytes in
            if UTF8Check.isText(bytes) { return append(jsonText: bytes) }
            append("base64:")
            Base64.encode(bytes, into: &self)
        }
    }
}
