package import MartletCore
internal import MartletRecords

/// Puts a damaged log in order for good, while no broker uses it: cuts out what is damaged, so that its
/// offsets are a gap as compaction leaves it, and makes anew what can be made of the rest.
package struct LogRepair: Sendable {
    /// What is to be done to a segment.
    package struct Plan: Sendable {
        package let baseOffset: Offset
        /// Where the next segment begins; nil for the last.
        package let nextOffset: Offset?
        package let path: String
        package internal(set) var byteCount: Int64
        /// What would be cut out. The records in it are lost then.
        package internal(set) var damage: [DamagedRegion] = []
        /// Files beside the segment that are wrong or missing, and can be made anew from it.
        package internal(set) var wrongFiles: [SegmentFile] = []
        /// There is a note of damage that is not there.
        package internal(set) var hasStaleNote = false

        package var isEmpty: Bool { damage.isEmpty && wrongFiles.isEmpty && !hasStaleNote }

        /// The file that takes the bytes of a region when they are cut out; nil if there are none.
        package func savedPath(of region: DamagedRegion) -> String? {
            region.positions.isEmpty ? nil : "\(path).damage-\(region.positions.lowerBound).bin"
        }
    }

    package let directory: String
    let fileSystem: any FileSystem
    let bases: [Offset]
    /// Everything below was synced; nil if nobody knows.
    private let durable: Offset?

    package init(_ directory: String, _ fileSystem: any FileSystem) throws(FileSystemError) {
        self.directory = directory
        self.fileSystem = fileSystem
        bases = try fileSystem.list(directory).compactMap(SegmentFile.parse).filter { $0.kind == .log }
            .map(\.baseOffset).sorted()
        durable = try DurableMark.read(in: directory, fileSystem)
    }

    func path(_ kind: SegmentFile, _ base: Offset) -> String { join(directory, kind.name(base)) }

    /// What is to be done to the segment that begins at `base`. Reads all of it and changes nothing.
    package func plan(_ base: Offset) throws(FileSystemError) -> Plan {
        let next = bases.first { $0 > base }
        let file = try fileSystem.open(path(.log, base), .readOnly)
        var plan = Plan(
            baseOffset: base, nextOffset: next, path: path(.log, base), byteCount: try file.size())
        let seal = try seal(of: base)
        var audit = IndexAudit(
            baseOffset: base, index: try fileSystem.contents(of: path(.index, base)),
            timeIndex: try fileSystem.contents(of: path(.timeindex, base)), segmentByteCount: plan.byteCount)
        var survey = survey(file, base: base, next: next, size: plan.byteCount, seal)
        var end = base
        while let step = try survey.next() {
            switch step {
            case .batch(let header, let position):
                audit.note(header, at: position)
                end = header.nextOffset
            case .damage(let region):
                let reachesEnd = region.positions.upperBound == plan.byteCount
                guard !isTornTail(region, isLast: next == nil, reachesEnd: reachesEnd) else { continue }
                plan.damage.append(extended(region, isLast: next == nil, reachesEnd: reachesEnd))
                end = max(end, region.offsets.upperBound)
            }
        }
        addMissing(from: plan.damage.last.map { max(end, $0.offsets.upperBound) } ?? end, seal, &plan)
        try audit.check(seal, against: self, next: max(end, base + 1), &plan)
        return plan
    }

    private func survey(
        _ file: any LogFile, base: Offset, next: Offset?, size: Int64, _ seal: SegmentSeal?
    ) -> DamageSurvey {
        var rules = BatchRules(baseOffset: base)
        rules.limit = next ?? Offset(rawValue: .max)
        rules.isGapless = next != nil && seal?.nextOffset == next && seal?.isGapless ?? false
        rules.durable = next == nil ? durable : nil
        return DamageSurvey(SegmentReader(file, rules, from: 0, to: size, nextOffset: base), limit: next)
    }

    /// Whether the next start cuts it off, as nobody was told that it was safe.
    private func isTornTail(_ region: DamagedRegion, isLast: Bool, reachesEnd: Bool) -> Bool {
        guard isLast, reachesEnd else { return false }
        return durable.map { region.offsets.lowerBound >= $0 } ?? true
    }

    private func extended(_ region: DamagedRegion, isLast: Bool, reachesEnd: Bool) -> DamagedRegion {
        guard isLast, reachesEnd, let durable else { return region }
        var region = region
        region.offsets = region.offsets.lowerBound..<max(region.offsets.upperBound, durable)
        return region
    }

    /// What should stand at the end of the segment, and does not.
    private func addMissing(from end: Offset, _ seal: SegmentSeal?, _ plan: inout Plan) {
        let limit: Offset
        let damage: Damage
        if let next = plan.nextOffset {
            guard let seal, end < next else { return }
            let wasThere =
                seal.isGapless || seal.isDamaged || seal.byteCount > plan.byteCount || seal.nextOffset < next
            guard wasThere else { return }
            (limit, damage) = (next, .missingRecords(from: end, to: next))
        } else {
            guard let durable, end < durable else { return }
            (limit, damage) = (durable, .missingTail(end: end, durable: durable))
        }
        plan.damage.append(
            DamagedRegion(positions: plan.byteCount..<plan.byteCount, offsets: end..<limit, damage: damage))
    }

    fileprivate func seal(of base: Offset) throws(FileSystemError) -> SegmentSeal? {
        let bytes = try fileSystem.contents(of: path(.seal, base))
        return bytes?.withUnsafeBytes { SegmentSeal(decoding: $0) }
            .flatMap { $0.baseOffset == base ? $0 : nil }
    }
}

extension IndexAudit {
    /// Notes which files beside the segment are to be made anew.
    fileprivate func check(
        _ seal: SegmentSeal?, against repair: LogRepair, next: Offset, _ plan: inout LogRepair.Plan
    ) throws(FileSystemError) {
        let fileSystem = repair.fileSystem
        let base = plan.baseOffset
        func exists(_ kind: SegmentFile) throws(FileSystemError) -> Bool {
            try fileSystem.exists(repair.path(kind, base))
        }
        // The indexes of the last segment are written when the broker stops; if it did not, the next start
        // makes them.
        let isLast = plan.nextOffset == nil
        for file in wrongFiles(next) {
            if isLast, try !exists(file) { continue }
            plan.wrongFiles.append(file)
        }
        if let seal, seal.nextOffset == plan.nextOffset {
            let expected = [SegmentFile.index: seal.indexChecksum, .timeindex: seal.timeIndexChecksum]
            for (file, checksum) in expected.sorted(by: { $0.key.rawValue < $1.key.rawValue })
            where !plan.wrongFiles.contains(file) {
                let bytes = try fileSystem.contents(of: repair.path(file, base))
                if bytes.map({ CRC32C.checksum(of: $0) }) != checksum { plan.wrongFiles.append(file) }
            }
            let transactions = try fileSystem.contents(of: repair.path(.txnindex, base)) ?? .empty
            if let checksum = seal.transactionIndexChecksum, CRC32C.checksum(of: transactions) != checksum {
                plan.wrongFiles.append(.txnindex)
            }
        } else if !isLast, try exists(.seal) {
            plan.wrongFiles.append(.seal)
        }
        if let snapshot = try fileSystem.contents(of: repair.path(.snapshot, base)),
            snapshot.withUnsafeBytes({ ProducerSnapshot.decode($0) }) == nil
        {
            plan.wrongFiles.append(.snapshot)
        }
        plan.hasStaleNote = try exists(.damaged) && plan.damage.isEmpty
    }
}
