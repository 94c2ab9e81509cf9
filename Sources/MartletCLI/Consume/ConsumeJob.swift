internal import Martlet

/// What `martlet consume` does, once the command line is understood.
struct ConsumeJob: Sendable {
    struct Plan: Sendable {
        var topics: [TopicName]
        /// In place of topics: all whose whole names match.
        var pattern: String?
        /// None for all.
        var partitions: [PartitionIndex] = []
        var start = StartPosition.beginning
        var stop = StopPosition.never
        var count: Int?
        var idleTimeout: Duration?
        var isolation = IsolationLevel.readCommitted
        var style = RecordStyle.plain(RecordStyle.Plain())
        var isVerbose = false
    }

    let client: ClientConfiguration
    let plan: Plan

    @MainActor
    func run() async throws {
        try await MartletClient.with(client) { client in
            try await client.withConsumer(plan.consumerConfiguration) { consumer in
                try await assign(consumer, client.admin)
                try await copy(from: consumer)
            }
        }
    }

    private func assign(_ consumer: Consumer, _ admin: Admin) async throws {
        if plan.pattern == nil, plan.topics.count == 1, plan.partitions.isEmpty {
            return try await consumer.assign(topic: plan.topics[0], from: plan.start, until: plan.stop)
        }
        var positions: [TopicPartition: StartPosition] = [:]
        for topic in try await topics(admin) {
            for index in plan.partitions.isEmpty ? topic.partitions.map(\.index) : plan.partitions {
                positions[TopicPartition(topic.name, index)] = plan.start
            }
        }
        try await consumer.assign(positions, until: plan.stop)
    }

    private func topics(_ admin: Admin) async throws -> [TopicDescription] {
        guard let pattern = plan.pattern else {
            var topics: [TopicDescription] = []
            for name in plan.topics { topics.append(try await admin.describeTopic(name)) }
            return topics
        }
        let regex = try Regex(pattern)
        let topics = try await admin.listTopics().filter { try regex.wholeMatch(in: $0.name.rawValue) != nil }
        guard !topics.isEmpty else {
            throw CommandFailure("no topic matches \"\(pattern)\"; see `martlet topic list`")
        }
        return topics
    }

    /// Writes what comes until there is a reason to stop. What is written so far goes out in any case.
    @MainActor
    private func copy(from consumer: Consumer) async throws {
        var output = BufferedOutput.standard()
        var meter = Meter()
        do {
            while meter.recordCount < plan.count ?? .max {
                // What is there already comes first; only then is it time to show what we have.
                var batch = try await consumer.poll(within: .zero)
                if batch == nil, !consumer.isFinished {
                    try output.flush()
                    batch = try await consumer.poll(within: plan.idleTimeout)
                }
                guard let batch else { break }
                let limit = (plan.count ?? .max) - meter.recordCount
                let count = try plan.style.write(batch, atMost: limit, to: &output)
                meter.add(records: count, bytes: batch.byteCount)
            }
            try output.flush()
        } catch let error as MartletError {
            try output.flush()
            throw error.code == .cancelled ? CancellationError() : error
        }
        if plan.isVerbose { meter.report("read from \(plan.name)") }
        if let count = plan.count, meter.recordCount < count, plan.stop == .never {
            throw CommandFailure(
                "\(meter.recordCount) of \(count) records came before --idle-timeout",
                code: ExitStatus.incomplete)
        }
    }
}

extension ConsumeJob.Plan {
    /// What is read, for the summary.
    var name: String { pattern ?? topics.map(\.rawValue).joined(separator: ", ") }

    var consumerConfiguration: ConsumerConfiguration {
        var configuration = ConsumerConfiguration()
        configuration.isolationLevel = isolation
        // Whoever names an offset wants to know that it is gone. Others skip what retention takes while they
        // read.
        if case .offset = start { configuration.offsetReset = .fail }
        // For a few records there is no need to fetch a lot.
        if let count, count < 1_000 {
            configuration.maximumFetchBytes = 1 << 20
            configuration.maximumPartitionFetchBytes = 1 << 20
        }
        return configuration
    }
}
