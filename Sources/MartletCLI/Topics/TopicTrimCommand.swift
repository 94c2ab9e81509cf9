internal import ArgumentParser
internal import Martlet

#if canImport(Darwin)
    internal import Darwin
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Glibc
#endif

/// `martlet topic trim`.
struct TopicTrimCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "trim",
        abstract: "Delete the oldest records of topics.",
        usage: "martlet topic trim <topic[:partitions]> ... [<options>]",
        discussion: """
            Shows the plan: where each partition begins, where it would, and how many offsets would go. Only \
            --execute does it, and there is no way back.

            EXAMPLES
              martlet topic trim orders --before-time -30d
              martlet topic trim orders:3 --before-offset 1000 --execute
              martlet topic trim scratch --all --execute
            """
    )

    @Argument(
        help: "The topics, or some of their partitions: orders:0,2-5.", transform: PartitionSelection.parse)
    var topic: [PartitionSelection]

    @Option(help: ArgumentHelp("Delete what is before this offset.", valueName: "offset"))
    var beforeOffset: Int64?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Delete what is before the first record of this time or later: 2025-11-21, -30d (before now).",
            valueName: "time"),
        transform: { try TimeText.parse($0) })
    var beforeTime: Timestamp?

    @Flag(help: "Delete all records that are there now.")
    var all = false

    @Flag(help: "Do it. Without this, only the plan is shown.")
    var execute = false

    @OptionGroup var client: ClientOptions
    @OptionGroup var form: JSONOption

    func validate() throws {
        guard [beforeOffset != nil, beforeTime != nil, all].filter(\.self).count == 1 else {
            throw ValidationError("say what to delete, once: --before-offset, --before-time or --all")
        }
        if let beforeOffset, beforeOffset < 0 {
            throw ValidationError("--before-offset takes a number from 0")
        }
    }

    func run() async throws {
        let (selections, target) = (topic, target)
        let (execute, json, isQuiet) = (execute, form.json, client.quiet)
        try await MartletClient.with(try client.configuration()) { client in
            let job = TrimJob(admin: client.admin, target: target)
            let plan = try await job.plan(selections)
            let failures = execute ? try await job.execute(plan) : [:]
            try TrimJob.show(plan, failures, execute: execute, json: json)
            if let (_, first) = failures.min(by: { $0.key < $1.key }) {
                throw CommandFailure(
                    "\(failures.count) of \(plan.count) partitions could not be trimmed; \(first.message)",
                    code: failures.count < plan.count ? ExitStatus.incomplete : ExitStatus.failure)
            }
            if !execute, !isQuiet {
                try Descriptor.write(
                    "This is a plan; nothing is deleted. Add --execute to do it.\n", to: STDERR_FILENO)
            }
        }
    }

    private var target: OffsetTarget {
        if let beforeOffset { return .offset(Offset(rawValue: beforeOffset)) }
        if let beforeTime { return .time(beforeTime) }
        return .latest
    }
}

/// Plans and does what `martlet topic trim` is for.
struct TrimJob {
    let admin: Admin
    let target: OffsetTarget

    /// Where partitions begin, as `current`, and where they would, as `new`.
    func plan(_ selections: [PartitionSelection]) async throws -> [PlannedOffset] {
        var partitions: Set<TopicPartition> = []
        for selection in selections {
            let known = try await admin.describeTopic(selection.topic).partitions.map(\.index)
            if let missing = selection.partitions?.first(where: { !known.contains($0) }) {
                throw CommandFailure(
                    "topic \(selection.topic) has partitions 0 to \(known.count - 1), not \(missing)")
            }
            for index in selection.partitions ?? known {
                partitions.insert(TopicPartition(selection.topic, index))
            }
        }
        var facts = OffsetFacts()
        facts.beginnings = try await look(.beginning, partitions)
        facts.ends = try await look(.end, partitions)
        if case .time(let time) = target { facts.byTime = try await look(.timestamp(time), partitions) }
        facts.stored = facts.beginnings
        return OffsetPlan(target, for: Array(partitions), facts).offsets
    }

    private func look(
        _ query: OffsetQuery, _ partitions: Set<TopicPartition>
    ) async throws(MartletError) -> [TopicPartition: Offset] {
        var queries: [TopicPartition: OffsetQuery] = [:]
        for partition in partitions { queries[partition] = query }
        var offsets: [TopicPartition: Offset] = [:]
        for (partition, result) in try await admin.listOffsets(queries) {
            offsets[partition] = try result.get().offset
        }
        return offsets
    }

    func execute(_ plan: [PlannedOffset]) async throws -> [TopicPartition: MartletError] {
        var failures: [TopicPartition: MartletError] = [:]
        for planned in plan where planned.isChange {
            do throws(MartletError) {
                try await admin.deleteRecords(of: planned.partition, before: planned.new)
            } catch {
                if error.code == .cancelled { throw error }
                failures[planned.partition] = error
            }
        }
        return failures
    }

    static func show(
        _ plan: [PlannedOffset], _ failures: [TopicPartition: MartletError], execute: Bool, json: Bool
    ) throws {
        var answer = Answer(json: json)
        var table = Table([
            .left("TOPIC"), .right("PARTITION"), .right("BEGINNING"), .right("NEW BEGINNING"),
            .right("OFFSETS"), .left("NOTE"),
        ])
        for planned in plan {
            let note = failures[planned.partition]?.message ?? planned.note
            if json {
                answer.buffer.line { json in
                    json.field("topic", planned.partition.topic.rawValue)
                    json.field("partition", planned.partition.partition)
                    json.field("beginning", planned.current?.rawValue)
                    json.field("newBeginning", planned.new?.rawValue)
                    json.field("offsets", planned.difference)
                    json.field("note", note)
                    json.field("done", execute && failures[planned.partition] == nil)
                }
            } else {
                table.add([
                    planned.partition.topic.rawValue, "\(planned.partition.partition)",
                    planned.current?.description ?? "-", planned.new?.description ?? "-",
                    planned.difference.map { "\($0)" } ?? "-", note ?? "",
                ])
            }
        }
        if !json { answer.write(table) }
        try answer.finish()
    }
}
