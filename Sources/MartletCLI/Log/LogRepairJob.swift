internal import Martlet
internal import MartletLog

/// Says what is to be repaired in logs and what that costs, and does it if told so.
struct LogRepairJob: ~Copyable {
    struct Totals: Equatable {
        var segments = 0
        var lostOffsets: Int64 = 0
        var cutByteCount: Int64 = 0
    }

    let inventory: LogInventory
    /// Whether anything is changed.
    let isConfirmed: Bool
    let isJSON: Bool
    private(set) var totals = Totals()
    /// The data directory's, so that no broker starts meanwhile.
    private let lock: (any FileLock)?
    private var output: BufferedOutput

    init(
        _ path: String, _ inventory: LogInventory, isConfirmed: Bool, isJSON: Bool,
        output: consuming BufferedOutput = .standard()
    ) throws {
        lock = try Self.lock(path, inventory)
        self.inventory = inventory
        self.isConfirmed = isConfirmed
        self.isJSON = isJSON
        self.output = output
    }

    /// Locks the data directory that the path is, or lies in; nil if there is none.
    private static func lock(_ path: String, _ inventory: LogInventory) throws -> (any FileLock)? {
        let fileSystem = inventory.fileSystem
        for directory in [path] + inventory.partitions.map({ $0.directory + "/.." }) {
            let file = directory + "/" + DataDirectory.lockFile
            guard try fileSystem.kind(of: file) == .file else { continue }
            guard let lock = try fileSystem.lock(file) else {
                throw CommandFailure("a broker uses \(directory): stop it first, or repair a copy")
            }
            return lock
        }
        return nil
    }

    mutating func run() throws {
        for partition in inventory.partitions {
            let repair = try LogRepair(partition.directory, inventory.fileSystem)
            for segment in partition.segments {
                let plan = try repair.plan(segment)
                guard !plan.isEmpty else { continue }
                totals.segments += 1
                for region in plan.damage {
                    totals.lostOffsets += region.offsetCount
                    totals.cutByteCount += region.byteCount
                }
                // Before anything is done: what was said can be read even if it fails.
                isJSON ? writeJSON(plan) : writeText(plan)
                try output.flush()
                if isConfirmed { try repair.perform(plan) }
            }
        }
        isJSON ? writeJSONSummary() : writeSummary()
        try output.flush()
        withExtendedLifetime(lock) {}
    }

    // MARK: Text

    private mutating func writeText(_ plan: LogRepair.Plan) {
        output.buffer.append("\(plan.path)  \(ByteCountText.describe(plan.byteCount))\n")
        for region in plan.damage {
            output.buffer.append("  \(region)\n")
            if let saved = plan.savedPath(of: region) {
                let size = ByteCountText.describe(region.byteCount)
                output.buffer.append("    cut out: \(size), saved as \(saved)\n")
            }
            output.buffer.append("    lost: \(Self.loss(region.offsets))\n")
        }
        for file in plan.wrongFiles {
            let path = plan.path.dropLast(SegmentFile.log.rawValue.utf8.count)
            let remedy = file == .snapshot ? "removed; the next start makes it anew" : "made anew"
            output.buffer.append("  \(path)\(file.rawValue) is wrong or missing: \(remedy)\n")
        }
        if plan.hasStaleNote { output.buffer.append("  a note of damage that is not there: removed\n") }
    }

    private static func loss(_ offsets: Range<Offset>) -> String {
        let count = offsets.upperBound - offsets.lowerBound
        let last = offsets.lowerBound + (count - 1)
        switch count {
        case 0: return "no offsets"
        case 1: return "the record at offset \(offsets.lowerBound)"
        default:
            return "the records at the \(count) offsets \(offsets.lowerBound) to \(last)"
        }
    }

    private mutating func writeSummary() {
        guard totals.segments > 0 else { return output.buffer.append("There is nothing to repair.\n") }
        let segments = totals.segments == 1 ? "1 segment" : "\(totals.segments) segments"
        let offsets = totals.lostOffsets == 1 ? "1 offset" : "\(totals.lostOffsets) offsets"
        let cost = "\(offsets) lost for good, \(ByteCountText.describe(totals.cutByteCount)) cut out"
        output.buffer.append(
            isConfirmed
                ? "Repaired \(segments): \(cost).\n"
                : "To repair \(segments): \(cost). Nothing was changed; do it with --yes.\n")
    }

    // MARK: JSON

    private mutating func writeJSON(_ plan: LogRepair.Plan) {
        for region in plan.damage {
            output.buffer.line { json in
                json.field("file", plan.path)
                json.field("action", "cut out")
                json.field("position", region.positions.lowerBound)
                json.field("bytes", region.byteCount)
                json.field("firstOffset", region.offsets.lowerBound.rawValue)
                json.field("nextOffset", region.offsets.upperBound.rawValue)
                json.field("damage", "\(region.damage)")
                json.field("savedAs", plan.savedPath(of: region))
            }
        }
        for file in plan.wrongFiles {
            output.buffer.line { json in
                json.field("file", plan.path.dropLast(SegmentFile.log.rawValue.utf8.count) + file.rawValue)
                json.field("action", file == .snapshot ? "remove" : "make anew")
            }
        }
        if plan.hasStaleNote {
            output.buffer.line { json in
                json.field("file", plan.path)
                json.field("action", "remove note of damage")
            }
        }
    }

    private mutating func writeJSONSummary() {
        output.buffer.line { json in
            json.field("segments", totals.segments)
            json.field("lostOffsets", totals.lostOffsets)
            json.field("cutBytes", totals.cutByteCount)
            json.field("repaired", isConfirmed)
        }
    }
}
