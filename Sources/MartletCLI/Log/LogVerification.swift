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
                let bytes = reader.bytes(of: header, at: position)
                map.add(header, at: position, header.isControl ? TransactionMarker(bytes) : nil)
            case .damage(let position, let damage):
                let first = reader.nextOffset
                // Zeros reach to the end.
                let goesOn = if case .zeros = damage { false } else { try reader.resynchronize() }
                let next = try goesOn ? reader.peek()?.baseOffset : partition.successor(of: segment)
                let region = DamagedRegion(
                    positions: position..<(goesOn ? reader.position : reader.end),
                    offsets: first..<max(first, next ?? durable ?? first), damage: damage)
                let circumstances = DamageCircumstances(
                    isTail: isLast && !goesOn, region: region, isOpenEnded: next == nil, durable: durable)
                if let (severity, message) = circumstances.judge() {
                    try tell(severity, path, position, message, region)
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

    /// Whether the segment and its indexes are as they were when it was sealed.
    private mutating func checkSeal(
        of segment: Offset, _ map: SegmentMap, _ partition: PartitionFiles
    ) throws {
        let path = partition.path(.seal, segment)
        guard segment != partition.lastSegment, let bytes = try fileSystem.contents(of: path) else { return }
        guard let seal = bytes.withUnsafeBytes({ SegmentSeal(decoding: $0) }) else {
            return try tell(.problem, path, nil, "no seal, or damaged")
        }
        let size = try fileSystem.open(partition.path(.log, segment), .readOnly).size()
        if seal.byteCount > size {
            try tell(
                .problem, partition.path(.log, segment), size,
                "cut off: \(ByteCountText.describe(seal.byteCount)) were there when it was sealed")
        }
        if let next = partition.successor(of: segment), seal.nextOffset < next {
            let damage = Damage.missingRecords(from: seal.nextOffset, to: next)
            if map.end >= seal.nextOffset { try tell(.problem, path, nil, "\(damage): a segment is gone") }
        }
        for (file, checksum) in [
            (SegmentFile.index, seal.indexChecksum), (.timeindex, seal.timeIndexChecksum),
            (.txnindex, seal.transactionIndexChecksum),
        ] {
            var bytes = try fileSystem.contents(of: partition.path(file, segment))
            // Without aborted transactions there is no file.
            if file == .txnindex { bytes = bytes ?? .empty }
            guard let bytes, let checksum, CRC32C.checksum(of: bytes) != checksum else { continue }
            try tell(
                .problem, partition.path(file, segment), nil,
                "not as it was written; readers find out, and it is made anew")
        }
    }

    private mutating func checkIndexes(
        of segment: Offset, _ map: SegmentMap, _ partition: PartitionFiles
    ) throws {
        try checkSeal(of: segment, map, partition)
        for file in [SegmentFile.index, .timeindex, .txnindex, .snapshot] {
            let path = partition.path(file, segment)
            guard let bytes = try fileSystem.contents(of: path) else {
                if file == .index || file == .timeindex, segment != partition.lastSegment {
                    try tell(.note, path, nil, "missing; it is rebuilt from the log")
                }
                continue
            }
            let fault = bytes.withUnsafeBytes { bytes -> String? in
                switch file {
                case .index: map.fault(inIndex: bytes)
                case .timeindex: map.fault(inTimeIndex: bytes)
                // That of the last is of the last stop: a crash may have cut off what it names.
                case .txnindex where segment == partition.lastSegment: nil
                case .txnindex: map.fault(inTransactionIndex: bytes)
                default: ProducerSnapshot.decode(bytes) == nil ? "no snapshot of producers, or damaged" : nil
                }
            }
            if let fault {
                try tell(.problem, path, nil, "\(fault); without the file it is rebuilt from the log")
            }
        }
    }

    private mutating func tell(
        _ severity: LogFinding.Severity, _ file: String, _ position: Int64?, _ message: String,
        _ region: DamagedRegion? = nil
    ) throws {
        if severity == .problem { totals.problems += 1 }
        try report(
            LogFinding(severity: severity, file: file, position: position, message: message, region: region))
    }
}

/// Where damage was found, and so how bad it is.
private struct DamageCircumstances {
    /// Nothing intact follows, and no segment either.
    let isTail: Bool
    let region: DamagedRegion
    /// Nobody knows how many offsets it takes away.
    let isOpenEnded: Bool
    let durable: Offset?

    /// Nil for what is no damage at all.
    func judge() -> (LogFinding.Severity, String)? {
        let first = region.offsets.lowerBound
        if isTail, first >= durable ?? first {
            // Space that is reserved for what comes next. Only our own broker cuts it off when it stops.
            if case .zeros = region.damage { return nil }
            if durable != nil {
                return (
                    .note, "\(region.damage); nothing acknowledged is there, and the next start cuts it off"
                )
            }
        }
        let size = ByteCountText.describe(region.byteCount)
        let extent = isOpenEnded ? "on" : "to \(region.offsets.upperBound) (excluded)"
        return (.problem, "\(region.damage); \(size) with the records from offset \(first) \(extent)")
    }
}
