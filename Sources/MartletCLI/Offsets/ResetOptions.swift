internal import ArgumentParser
internal import Martlet

/// Where to, for which partitions, and whether for real: what all resets have in common.
struct ResetOptions: ParsableArguments {
    @Flag(help: "To the first record that is still there.")
    var toEarliest = false

    @Flag(help: "Behind the last record.")
    var toLatest = false

    @Flag(help: "To what is stored; to the end where nothing is.")
    var toCurrent = false

    @Option(help: ArgumentHelp("To this offset.", valueName: "offset"))
    var toOffset: Int64?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "To the first record of this time or later: 2025-11-21T08:30Z, -1h (before now), milliseconds since 1970.",
            valueName: "time"),
        transform: { try TimeText.parse($0) })
    var toTime: Timestamp?

    @Option(
        help: ArgumentHelp("To the first record of so long ago or later.", valueName: "duration"),
        transform: DurationText.parse)
    var byDuration: Duration?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Forward by so many offsets, or back if negative; from the end where nothing is stored.",
            valueName: "number"))
    var shiftBy: Int64?

    @Option(
        help: ArgumentHelp(
            "To what a file says: lines of JSON as --export writes them, or topic,partition,offset.",
            valueName: "file"))
    var fromFile: String?

    @Option(
        help: ArgumentHelp("To where another group is.", valueName: "group"), transform: GroupText.parse)
    var fromGroup: GroupID?

    @Option(
        help: ArgumentHelp(
            "Only this topic, or some of its partitions; may be repeated. (default: all that the group has offsets of)",
            valueName: "topic[:0,2-5]"),
        transform: PartitionSelection.parse)
    var topic: [PartitionSelection] = []

    @Flag(help: "Do it. Without this, only the plan is shown.")
    var execute = false

    @Option(
        help: ArgumentHelp(
            "Write what is stored now to a new file, which --from-file takes to undo it; CSV if it ends in .csv.",
            valueName: "file"))
    var export: String?

    func validate() throws {
        let targets = [
            toEarliest, toLatest, toCurrent, toOffset != nil, toTime != nil, byDuration != nil,
            shiftBy != nil, fromFile != nil, fromGroup != nil,
        ]
        guard targets.filter(\.self).count == 1 else {
            throw ValidationError(
                "say where to, once: --to-earliest, --to-latest, --to-current, --to-offset, --to-time,"
                    + " --by-duration, --shift-by, --from-file or --from-group")
        }
        if let toOffset, toOffset < 0 { throw ValidationError("--to-offset takes a number from 0") }
    }

    /// - Parameter stored: Asks for the offsets of another group.
    func target(
        for group: GroupID, stored: (GroupID) async throws -> [TopicPartition: Offset]
    ) async throws -> OffsetTarget {
        if toEarliest { return .earliest }
        if toLatest { return .latest }
        if toCurrent { return .current }
        if let toOffset { return .offset(Offset(rawValue: toOffset)) }
        if let toTime { return .time(toTime) }
        if let byDuration { return .time(Timestamp.current() - Int64(byDuration / .milliseconds(1))) }
        if let shiftBy { return .shift(shiftBy) }
        if let fromFile { return .listed(try OffsetFile.read(fromFile, group: group)) }
        guard let fromGroup else { throw ValidationError("say where to") }
        let offsets = try await stored(fromGroup)
        guard !offsets.isEmpty else {
            throw CommandFailure("group \"\(fromGroup)\" has no offsets; see `martlet group list`")
        }
        return .listed(offsets.mapValues { $0 })
    }
}
