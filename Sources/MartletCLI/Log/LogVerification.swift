internal import Martlet
internal import MartletLog
internal import MartletRecords

/// Checks logs from one end to the other: every checksum, the order of the offsets, the seams between
/// segments, the indexes, and that nothing is missing that was once synced.
struct LogVerification {
    struct Totals: Equatable {
        var partitions = 0
        var segments = 0
        var batches = 0
        var records: Int64 = 0
        var bytes: Int64 = 0
        var problems = 0
    }

    let fileSystem: any FileSystem
    /// Whether records are decompressed and read, too.
    let readsRecords: Bool
    let report: (LogFinding) throws -> Void
    private(set) var totals = Totals()

    init(
        _ fileSystem: any FileSystem, readsRecords: Bool, report: @escaping (LogFinding) throws -> Void
    ) {
        self.fileSystem = fileSystem
        self.readsRecords = readsRecords
        self.report = report
    }

    mutating func verify(_ partition: PartitionFiles) throws {
        totals.partitions += 1
        let mark = try fileSystem.contents(of: partition.directory + "/" + DurableMark.fileName)
        let durable = mark.flatMap(DurableMark.decode)
        for segment in partition.segments { try verify(segment, of: partition, durable: durable) }
    }

    private mutating func verify(_ segment: Offset, of partition: PartitionFiles, durable: Offset?) throws {
        totals.segments += 1
        let path = partition.path(.log, segment)
        var reader = try SegmentReader(try fileSystem.open(path, .readOnly), baseOffset: segment)
        var map = SegmentMap(baseOffset: segment)
        let isLast = segment == partition.lastSegment
        scan: while let element = try reader.next() {
            switch element {
            case .batch(let header, let position):
                try check(header, at: position, in: reader, path)
                map.add(header, at: position)
            case .damage(let position, let damage):
                let nextOffset = reader.nextOffset
                // Zeros reach to the end.
                let goesOn = if case .zeros = damage { false } else { try reader.resynchronize() }
                let circumstances = DamageCircumstances(
                    isTail: isLast && !goesOn, offset: nextOffset, durable: durable,
                    resumesAt: goesOn ? reader.position : nil)
                if let (severity, message) = circumstances.judge(damage) {
                    try tell(severity, path, position, message)
                }
                guard goesOn else { break scan }
            }
        }
        map.end = reader.nextOffset
        try checkSeam(of: segment, map.end, partition, durable)
        try checkIndexes(of: segment, map, partition)
    }

    /// What the reader has not checked yet.
    private mutating func check(
        _ header: BatchHeader, at position: Int64, in reader: SegmentReader, _ path: String
    ) throws {
        totals.batches += 1
        totals.bytes += Int64(header.byteCount)
        totals.records += Int64(header.recordCount)
        guard readsRecords else { return }
        do throws(RecordError) {
            let batch = try RecordBatch(reader.bytes(of: header, at: position))
            let records = try batch.records()
            try records.forEach { view, _ throws(RecordError) in
                if view.headerCount > 0 { _ = try records.record(view) }
            }
        } catch {
            try tell(.problem, path, position, "batch at offset \(header.baseOffset): \(error)")
        }
    }

    /// Whether the segment ends where the next begins, or behind what was synced.
    private mutating func checkSeam(
        of segment: Offset, _ end: Offset, _ partition: PartitionFiles, _ durable: Offset?
    ) throws {
        let path = partition.path(.log, segment)
        if let next = partition.successor(of: segment) {
            if end > next {
                try tell(
                    .problem, path, nil, "reaches to offset \(end), but the next segment begins at \(next)")
            } else if end < next {
                let damage = Damage.missingRecords(from: end, to: next)
                try durable == nil
                    ? tell(.note, path, nil, "\(damage), unless they were compacted away")
                    : tell(.problem, path, nil, "\(damage)")
            }
        } else if segment == partition.lastSegment, let durable, end < durable {
            try tell(.problem, path, nil, "\(Damage.missingTail(end: end, durable: durable))")
        }
    }

    private mutating func checkIndexes(
        of segment: Offset, _ map: SegmentMap, _ partition: PartitionFiles
    ) throws {
        for file in [SegmentFile.index, .timeindex, .snapshot] {
            let path = partition.path(file, segment)
            guard let bytes = try fileSystem.contents(of: path) else {
                if file != .snapshot, segment != partition.lastSegment {
                    try tell(.note, path, nil, "missing; it is rebuilt from the log")
                }
                continue
            }
            let fault = bytes.withUnsafeBytes { bytes -> String? in
                switch file {
                case .index: map.fault(inIndex: bytes)
                case .timeindex: map.fault(inTimeIndex: bytes)
                default: ProducerSnapshot.decode(bytes) == nil ? "no snapshot of producers, or damaged" : nil
                }
            }
            if let fault {
                try tell(.problem, path, nil, "\(fault); without the file it is rebuilt from the log")
            }
        }
    }

    private mutating func tell(
        _ severity: LogFinding.Severity, _ file: String, _ position: Int64?, _ message: String
    ) throws {
        if severity == .problem { totals.problems += 1 }
        try report(LogFinding(severity: severity, file: file, position: position, message: message))
    }
}

/// Where damage was found, and so how bad it is.
private struct DamageCircumstances {
    /// Nothing intact follows, and no segment either.
    let isTail: Bool
    /// The first offset that is not there.
    let offset: Offset
    let durable: Offset?
    let resumesAt: Int64?

    /// Nil for what is no damage at all.
    func judge(_ damage: Damage) -> (LogFinding.Severity, String)? {
        if isTail, offset >= durable ?? offset {
            // Space that is reserved for what comes next. Only our own broker cuts it off when it stops.
            if case .zeros = damage { return nil }
            if durable != nil {
                return (.note, "\(damage); nothing acknowledged is there, and the next start cuts it off")
            }
        }
        let loss = "records from offset \(offset) on cannot be read"
        let extent = resumesAt.map { ", up to position \($0)" } ?? ""
        return (.problem, "\(damage); \(loss)\(extent)")
    }
}
