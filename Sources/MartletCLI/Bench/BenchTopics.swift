internal import Martlet

#if canImport(Darwin)
    internal import Darwin
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Glibc
#endif

/// The topics of a benchmark: those that it was given, or those that it makes, and deletes in the end.
struct BenchTopics {
    private let admin: Admin
    private let plan: BenchPlan.Topics
    /// Made by us: the only ones that may be deleted.
    private(set) var made: [TopicName] = []
    private(set) var names: [TopicName] = []
    private(set) var partitions: [TopicPartition] = []

    init(_ admin: Admin, _ plan: BenchPlan.Topics) {
        self.admin = admin
        self.plan = plan
    }

    mutating func prepare() async throws {
        guard !plan.existing.isEmpty else { return try await make() }
        names = plan.existing
        let found = try await admin.describeTopics(names)
        for name in names {
            guard let topic = try found[name]?.get() else {
                throw CommandFailure("the broker says nothing of topic \(name); see `martlet topic list`")
            }
            partitions += topic.partitions.map { TopicPartition(name, $0.index) }
        }
    }

    private mutating func make() async throws {
        let tag = String(UInt32.random(in: 0...(.max)), radix: 36)
        let wanted = (1...plan.count).map { TopicName("martlet-bench-\(tag)-\($0)") }
        let results = try await admin.createTopics(
            wanted.map { name in
                NewTopic(
                    name, partitions: plan.partitions, replicationFactor: plan.replicationFactor,
                    configuration: plan.configuration)
            })
        // Before anything is thrown: what was made must go again.
        made = wanted.filter { if case .success? = results[$0] { true } else { false } }
        for name in wanted { _ = try results[name]?.get() }
        guard made.count == wanted.count else {
            throw CommandFailure("the broker does not say what became of some of the new topics; try again")
        }
        names = wanted
        // Not asked for: another broker than the one that made them may not know of them yet.
        partitions = wanted.flatMap { name in (0..<plan.partitions).map { TopicPartition(name, $0) } }
    }

    /// Deletes what was made, unless it is to stay. Says so if that does not work: there is nothing else to
    /// do.
    func remove(isQuiet: Bool) async {
        guard !made.isEmpty else { return }
        if plan.isKept {
            let list =
                made.count > 3
                ? "\(made[0]) and \(made.count - 1) more" : made.map(\.rawValue).joined(separator: ", ")
            if !isQuiet { note("kept: \(list)") }
            return
        }
        do {
            for (_, result) in try await admin.deleteTopics(made) { try result.get() }
        } catch {
            note(
                "the topics made for the run could not be deleted: \(error); when the broker is there again: "
                    + "martlet topic delete --yes --if-exists \(made.map(\.rawValue).joined(separator: " "))")
        }
    }

    func offsets(_ query: OffsetQuery) async throws -> [TopicPartition: Offset] {
        let queries = Dictionary(uniqueKeysWithValues: partitions.map { ($0, query) })
        return try await admin.listOffsets(queries).mapValues { try $0.get().offset ?? 0 }
    }

    /// Where the partitions end once all is written that was sent. Without acknowledgements nobody knows:
    /// then where they end when nothing has been added for a while.
    func ends(after acks: Acks) async throws -> [TopicPartition: Offset] {
        var ends = try await offsets(.end)
        guard acks == .none else { return ends }
        while true {
            try await Task.sleep(for: .milliseconds(300))
            let next = try await offsets(.end)
            if next == ends { return ends }
            ends = next
        }
    }

    private func note(_ text: String) {
        try? Descriptor.write("martlet: \(text)\n", to: STDERR_FILENO)
    }
}
