internal import Martlet

/// What `martlet consume --group` does. An offset is stored only after its record has been written to
/// standard output, so that whatever reads that gets every record at least once.
struct GroupConsumeJob: Sendable {
    let client: ClientConfiguration
    let group: GroupConsumerConfiguration
    let plan: ConsumeJob.Plan

    init(client: ClientConfiguration, group: GroupConsumerConfiguration, plan: ConsumeJob.Plan) {
        self.client = client
        self.plan = plan
        var group = group
        group.completion = .explicit
        group.reader = plan.consumerConfiguration
        // An offset in --from is for the start; what retention takes while the group is away is skipped.
        group.reader.offsetReset = .beginning
        self.group = group
    }

    @MainActor
    func run() async throws {
        try await MartletClient.with(client) { client in
            try await client.withGroupConsumer(group) { consumer in
                try await copy(from: consumer)
            }
        }
    }

    @MainActor
    private func copy(from consumer: GroupConsumer) async throws {
        var output = BufferedOutput.standard()
        var meter = Meter()
        do {
            while meter.recordCount < plan.count ?? .max {
                guard let batch = try await consumer.poll(within: plan.idleTimeout) else { break }
                let limit = (plan.count ?? .max) - meter.recordCount
                let count = try plan.style.write(batch, atMost: limit, to: &output)
                try output.flush()
                if count == batch.count {
                    consumer.finish(batch)
                } else if let last = batch.dropFirst(count - 1).first(where: { _ in true }) {
                    consumer.finish(batch.partition, before: last.offset + 1)
                }
                meter.add(records: count, bytes: batch.byteCount)
            }
        } catch let error as MartletError {
            throw error.code == .cancelled ? CancellationError() : error
        }
        if plan.isVerbose { meter.report("read for group \(group.group)") }
        if let count = plan.count, meter.recordCount < count {
            throw CommandFailure(
                "\(meter.recordCount) of \(count) records came before --idle-timeout",
                code: ExitStatus.incomplete)
        }
    }
}
