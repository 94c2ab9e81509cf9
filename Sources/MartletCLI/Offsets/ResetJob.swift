internal import Martlet

#if canImport(Darwin)
    internal import Darwin
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Glibc
#endif

/// Plans a reset of a group's offsets, shows it, and carries it out if told to.
struct ResetJob {
    /// What differs between groups of consumers and share groups.
    struct Store {
        /// `group` or `share`: whose commands the messages name.
        var noun: String
        var offsets: (GroupID) async throws -> [TopicPartition: Offset]
        var set: ([TopicPartition: Offset]) async throws -> [TopicPartition: Result<Void, MartletError>]
        var forget: ([TopicPartition]) async throws -> [TopicPartition: Result<Void, MartletError>]
    }

    let group: GroupID
    let options: ResetOptions
    let admin: Admin
    let store: Store

    func run(json: Bool, isQuiet: Bool) async throws {
        let members = try await memberCount()
        if members > 0, options.execute { throw refusal(members) }
        let stored = try await store.offsets(group)
        let target = try await options.target(for: group, stored: store.offsets)
        let partitions = try await partitions(stored: stored, target)
        let plan = OffsetPlan(target, for: partitions, try await facts(stored, target, partitions))
        if let path = options.export { try OffsetFile.write(plan.offsets, group: group, to: path) }
        if options.execute { try await execute(plan) }
        try show(plan, json: json, isQuiet: isQuiet)
        if members > 0 { try Descriptor.write("martlet: \(refusal(members).message)\n", to: STDERR_FILENO) }
    }

    private func refusal(_ members: Int) -> CommandFailure {
        let count = members == 1 ? "a member, which" : "\(members) members, which"
        return CommandFailure(
            "group \"\(group)\" has \(count) would overwrite new offsets; stop its consumers and wait until"
                + " `martlet \(store.noun) describe \(group)` shows it empty, then use --execute")
    }

    /// A group that does not exist has no members: resetting makes it.
    private func memberCount() async throws(MartletError) -> Int {
        do {
            return try await admin.describeGroup(group).members.count
        } catch {
            if error.code == .broker(.groupIDNotFound) { return 0 }
            throw error
        }
    }

    // MARK: Planning

    private func partitions(
        stored: [TopicPartition: Offset], _ target: OffsetTarget
    ) async throws -> [TopicPartition] {
        var partitions = Set<TopicPartition>()
        if case .listed(let offsets) = target {
            partitions = Set(offsets.keys)
            if !options.topic.isEmpty { partitions = partitions.filter(isSelected) }
        } else if options.topic.isEmpty {
            partitions = Set(stored.keys)
        } else {
            for selection in options.topic { partitions.formUnion(try await all(of: selection)) }
        }
        guard !partitions.isEmpty else {
            throw CommandFailure(
                "group \"\(group)\" has no offsets to reset; name topics with --topic, or see"
                    + " `martlet \(store.noun) list`")
        }
        return partitions.sorted()
    }

    private func all(of selection: PartitionSelection) async throws -> [TopicPartition] {
        let count = PartitionIndex(try await admin.describeTopic(selection.topic).partitions.count)
        let indices = selection.partitions ?? Array(0..<count)
        if let missing = indices.first(where: { $0 >= count }) {
            throw CommandFailure(
                "topic \(selection.topic) has partitions 0 to \(count - 1), not \(missing)")
        }
        return indices.map { TopicPartition(selection.topic, $0) }
    }

    private func isSelected(_ partition: TopicPartition) -> Bool {
        options.topic.contains { selection in
            selection.topic == partition.topic
                && selection.partitions?.contains(partition.partition) ?? true
        }
    }

    private func facts(
        _ stored: [TopicPartition: Offset], _ target: OffsetTarget, _ partitions: [TopicPartition]
    ) async throws(MartletError) -> OffsetFacts {
        var facts = OffsetFacts()
        facts.stored = stored
        facts.beginnings = try await look(.beginning, partitions)
        facts.ends = try await look(.end, partitions)
        if case .time(let time) = target { facts.byTime = try await look(.timestamp(time), partitions) }
        return facts
    }

    private func look(
        _ query: OffsetQuery, _ partitions: [TopicPartition]
    ) async throws(MartletError) -> [TopicPartition: Offset] {
        var queries: [TopicPartition: OffsetQuery] = [:]
        for partition in partitions { queries[partition] = query }
        var offsets: [TopicPartition: Offset] = [:]
        for (partition, result) in try await admin.listOffsets(queries) {
            offsets[partition] = try result.get().offset
        }
        return offsets
    }

    // MARK: Doing

    private func execute(_ plan: OffsetPlan) async throws {
        var set: [TopicPartition: Offset] = [:]
        var forgotten: [TopicPartition] = []
        for planned in plan.changes {
            if let new = planned.new {
                set[planned.partition] = new
            } else {
                forgotten.append(planned.partition)
            }
        }
        var failures: [MartletError] = []
        for results in [try await store.set(set), try await store.forget(forgotten)] {
            for (_, result) in results.sorted(by: { $0.key < $1.key }) {
                if case .failure(let error) = result { failures.append(error) }
            }
        }
        guard let first = failures.first else { return }
        throw CommandFailure(
            "\(failures.count) of \(plan.changes.count) partitions could not be reset; \(ErrorAdvice.explained(first))",
            code: failures.count < plan.changes.count ? ExitStatus.incomplete : ExitStatus.failure)
    }

    // MARK: Showing

    private func show(_ plan: OffsetPlan, json: Bool, isQuiet: Bool) throws {
        var answer = Answer(json: json)
        if json {
            for planned in plan.offsets {
                answer.buffer.line { json in
                    json.field("group", group.rawValue)
                    json.field("topic", planned.partition.topic.rawValue)
                    json.field("partition", planned.partition.partition)
                    json.field("current", planned.current?.rawValue)
                    json.field("new", planned.new?.rawValue)
                    json.field("difference", planned.difference)
                    json.field("note", planned.note)
                    json.field("done", options.execute)
                }
            }
            return try answer.finish()
        }
        var table = Table([
            .left("TOPIC"), .right("PARTITION"), .right("CURRENT"), .right("NEW"), .right("DIFFERENCE"),
            .left("NOTE"),
        ])
        for planned in plan.offsets {
            table.add([
                planned.partition.topic.rawValue, "\(planned.partition.partition)",
                planned.current?.description ?? "-", planned.new?.description ?? "-",
                planned.difference.map { $0 > 0 ? "+\($0)" : "\($0)" } ?? "-", planned.note ?? "",
            ])
        }
        answer.write(table)
        try answer.finish()
        guard !isQuiet else { return }
        let word =
            options.execute
            ? "Done: \(plan.changes.count) of \(plan.offsets.count) partitions changed."
            : "This is a plan; nothing is changed. "
                + "Add --execute to do it, and --export FILE to undo it later."
        try Descriptor.write(word + "\n", to: STDERR_FILENO)
    }
}
