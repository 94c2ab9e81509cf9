internal import Martlet

extension BenchJob {
    /// Histograms are large: a thousand producers with one each would need half a gigabyte.
    private static let maximumTallyCount = 16

    /// The producers whose work is measured.
    func loadSenders(_ topics: BenchTopics, _ clock: RunClock, _ control: RunControl) -> [SendLoad] {
        senders(
            topics, clock, control, run: runNumber, limit: plan.length.records,
            rate: plan.sending.rate.perSecond)
    }

    /// - Parameters:
    ///   - limit: Records of all together; nil for no limit.
    ///   - rate: Records a second of all together; nil for as many as possible.
    func senders(
        _ topics: BenchTopics, _ clock: RunClock, _ control: RunControl, run: UInt32, limit: Int?,
        rate: Double?
    ) -> [SendLoad] {
        let count = plan.sending.producers
        let share = rate.map { $0 / Double(count) }
        // Between two bursts of one producer come those of the others.
        let gap = share.map { rate in
            let schedule = Schedule(rate: rate, start: 0)
            return schedule.due(schedule.burst) / Int64(count)
        }
        let tallies = (0..<min(count, Self.maximumTallyCount)).map { _ in SendTally() }
        return (0..<count).map { index in
            let maker = RecordMaker(
                topics: topics.names, pool: pool, keys: keys, byteCount: plan.records.byteCount, run: run,
                producer: UInt32(index))
            return SendLoad(
                client: client, configuration: plan.sending.configuration, maker: maker, rate: share,
                phase: (gap ?? 0) * Int64(index),
                limit: limit.map { $0 / count + (index < $0 % count ? 1 : 0) }, clock: clock,
                control: control, tally: tallies[index % tallies.count])
        }
    }

    /// The consumers of all groups, each with its part of the partitions.
    func readers(
        _ topics: BenchTopics, _ clock: RunClock, _ control: RunControl, from start: StartPosition,
        end: ReadLoad.End, run: UInt32?, _ consumers: inout [Consumer]
    ) async throws -> [ReadLoad] {
        var readers: [ReadLoad] = []
        let count = plan.reading.consumers
        for group in 0..<plan.reading.groups {
            for member in 0..<count {
                let partitions = topics.partitions.enumerated().filter { $0.offset % count == member }
                readers.append(
                    try await reader(
                        of: partitions.map(\.element), group: group, clock, control, from: start, end: end,
                        run: run, &consumers))
            }
        }
        return readers
    }

    func reader(
        of partitions: [TopicPartition], group: Int, _ clock: RunClock, _ control: RunControl,
        from start: StartPosition, end: ReadLoad.End, run: UInt32?, _ consumers: inout [Consumer]
    ) async throws -> ReadLoad {
        let consumer = try client.makeConsumer(plan.reading.configuration)
        consumers.append(consumer)
        let positions = Dictionary(uniqueKeysWithValues: partitions.map { ($0, start) })
        try await consumer.assign(positions, until: end == .assigned ? .end : .never)
        let expected = run.map { run in
            ReadLoad.Expected(
                run: run, producerCount: plan.sending.producers, byteCount: plan.records.byteCount, pool: pool
            )
        }
        return ReadLoad(
            consumer: consumer, partitions: partitions, end: end, expected: expected, clock: clock,
            control: control, tally: ReadTally(group: group))
    }
}
