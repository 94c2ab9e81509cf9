internal import MartletCore
internal import MartletRecords

extension LogRepair {
    /// Does what the plan says. A crash at any point leaves the old segment or the new one.
    package func perform(_ plan: Plan) throws(FileSystemError) {
        for region in plan.damage { try save(region, of: plan) }
        if plan.wrongFiles.contains(.snapshot) {
            // Older ones and the batches behind them tell the same.
            try fileSystem.removeIfPresent(path(.snapshot, plan.baseOffset))
        }
        if !plan.damage.isEmpty || plan.wrongFiles.contains(where: { $0 != .snapshot }) {
            try rewrite(plan)
        }
        try fileSystem.removeIfPresent(path(.damaged, plan.baseOffset))
        try fileSystem.syncDirectory(directory)
    }

    /// Keeps what is cut out, for whoever can make something of it.
    private func save(_ region: DamagedRegion, of plan: Plan) throws(FileSystemError) {
        guard let path = plan.savedPath(of: region) else { return }
        let source = try fileSystem.open(plan.path, .readOnly)
        let target = try fileSystem.open(path, .replace)
        var position = region.positions.lowerBound
        let storage = Bytes.Storage(capacity: Int(min(region.byteCount, 1 << 20)))
        while position < region.positions.upperBound {
            let count = min(storage.capacity, Int(region.positions.upperBound - position))
            let buffer = UnsafeMutableRawBufferPointer(rebasing: storage.memory[..<count])
            let filled = try source.read(into: buffer, at: position)
            guard filled > 0 else { break }
            try target.write(
                UnsafeRawBufferPointer(rebasing: buffer[..<filled]),
                at: position - region.positions.lowerBound)
            position += Int64(filled)
        }
        try target.sync()
    }

    /// Writes the intact batches into a new segment, with batches without records where others were.
    private func rewrite(_ plan: Plan) throws(FileSystemError) {
        let base = plan.baseOffset
        let swap = SegmentSwap(directory, fileSystem)
        var writer = try SegmentWriter(
            base, in: directory, fileSystem, indexInterval: LogConfiguration().indexIntervalBytes)
        let file = try fileSystem.open(plan.path, .readOnly)
        var position: Int64 = 0
        for region in plan.damage {
            try copy(file, from: position, to: region.positions.lowerBound, base, into: &writer)
            try fill(region.offsets, into: &writer)
            position = region.positions.upperBound
        }
        try copy(file, from: position, to: plan.byteCount, base, into: &writer)
        let next = plan.nextOffset ?? writer.nextOffset
        _ = try writer.finish(next: next, isSettled: false, transactions: try transactions(plan, upTo: next))
        try swap.prepare(base)
        try swap.commit(base)
        _ = try swap.finish(base, replacing: [base])
    }

    /// The aborted transactions whose markers are intact.
    private func transactions(_ plan: Plan, upTo next: Offset) throws(FileSystemError) -> TransactionIndex {
        let segment = SealedSegment(
            baseOffset: plan.baseOffset, nextOffset: next, directory: directory, fileSystem: fileSystem,
            checks: SegmentChecks(regions: plan.damage), mayHaveAborted: false)
        return try segment.remadeTransactions()
    }

    /// Copies batches as they are, up to damage or the end.
    private func copy(
        _ file: any LogFile, from start: Int64, to end: Int64, _ base: Offset,
        into writer: inout SegmentWriter
    ) throws(FileSystemError) {
        var rules = BatchRules(baseOffset: base)
        rules.limit = Offset(rawValue: .max)
        var reader = SegmentReader(
            file, rules, from: start, to: end, nextOffset: writer.nextOffset, isExact: false)
        while case .batch(let header, let position) = try reader.next() {
            let bytes = reader.bytes(of: header, at: position)
            let result: Result<Void, FileSystemError> = bytes.withUnsafeBytes { bytes in
                Result { () throws(FileSystemError) in try writer.append(bytes, header) }
            }
            try result.get()
        }
    }

    private func fill(
        _ offsets: Range<Offset>, into writer: inout SegmentWriter
    ) throws(FileSystemError) {
        var offset = max(offsets.lowerBound, writer.nextOffset)
        while offset < offsets.upperBound {
            let count = min(offsets.upperBound - offset, Int64(Int32.max))
            try writer.appendEmptyBatch(from: offset, count: Int32(count))
            offset = offset + count
        }
    }
}
