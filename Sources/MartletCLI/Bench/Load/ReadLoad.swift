internal import Martlet
internal import MartletCore

/// One consumer under load, which checks what it gets.
struct ReadLoad: Sendable {
    enum End: Equatable, Sendable {
        /// What was there when it was assigned; or the end of the measured time, if that comes first.
        case assigned
        /// What there is when nothing more is written.
        case written
        /// Reads up to the end of what was there before, over and over, until nothing more is written. There
        /// must be something in each partition.
        case laps(ends: [TopicPartition: Offset])
    }

    /// How long to wait for a batch, so that the end of a run is seen.
    private static let patience = Duration.milliseconds(50)
    /// How long nothing may come while there is something to come.
    private static let stallLimit = Duration.seconds(15)
    /// One record of so many is compared byte by byte; of all the stamp and the length are.
    private static let comparedShare: Int64 = 64

    var consumer: Consumer
    var partitions: [TopicPartition]
    var end: End
    /// Whose records are expected; nil if nothing is known of them.
    var expected: Expected?
    var clock: RunClock
    var control: RunControl
    var tally: ReadTally

    struct Expected: Sendable {
        var run: UInt32
        var producerCount: Int
        var byteCount: Int
        var pool: PayloadPool
    }

    /// Whatever keeps it from going on ends the run, with what there is so far.
    func run() async {
        var reading = Reading(partitions, producerCount: expected?.producerCount ?? 0)
        do {
            try await read(&reading)
        } catch  where error.code == .cancelled {
            // Given up; what has come counts.
        } catch {
            control.fail(error, at: clock.now)
        }
        reading.publish(tally)
    }

    private func read(_ reading: inout Reading) async throws(MartletError) {
        var lastProgress = ContinuousClock.now
        while !control.isStopping {
            let batch = try await consumer.poll(within: Self.patience)
            let now = clock.now
            if let batch {
                take(batch, at: now, &reading)
                finishLap(batch, &reading)
            }
            if isFinished(now) { return }
            // While nothing need come, nothing is missing.
            if batch != nil || !isAwaited { lastProgress = .now }
            guard lastProgress.duration(to: .now) > Self.stallLimit else { continue }
            reading.check.report("nothing came for 15 s, though there was more to read")
            return
        }
    }

    /// Whether there is something that must come.
    private var isAwaited: Bool {
        if case .assigned = end { return true }
        return control.ends != nil
    }

    private func isFinished(_ now: Int64) -> Bool {
        switch end {
        case .assigned:
            return consumer.isFinished || now >= clock.deadline ?? .max
        case .laps:
            return control.ends != nil
        case .written:
            guard let ends = control.ends else { return false }
            return partitions.allSatisfy { partition in
                (consumer.position(of: partition) ?? 0) >= (ends[partition] ?? 0)
            }
        }
    }

    private func take(_ batch: ConsumerBatch, at now: Int64, _ reading: inout Reading) {
        let slot = reading.slot(of: batch.partition)
        let (measures, timesRecords) = (clock.measures(now), end == .written)
        tally.update { figures in
            var (count, bytes) = (0, 0)
            for record in batch {
                if count == 0, record.offset < reading.next[slot] {
                    reading.check.report("\(batch.partition) offset \(record.offset) came twice")
                }
                count += 1
                bytes += (record.value?.count ?? 0) + (record.key?.count ?? 0)
                guard let stamp = check(record, in: batch.partition, slot, &reading) else {
                    figures.foreign += 1
                    continue
                }
                if timesRecords, clock.measures(stamp.due) { figures.latency.record(now - stamp.due) }
            }
            reading.next[slot] = batch.nextOffset
            figures.received = RecordSum(count: reading.check.count, sum: reading.check.sum)
            figures.lastAt = now
            figures.total += count
            figures.totalBytes += Int64(bytes)
            guard measures else { return }
            figures.measured += count
            figures.bytes += Int64(bytes)
            figures.series.add(count, at: now - clock.measureStart)
        }
    }

    /// - Returns: Nil for a record that is none of this run's.
    @inline(__always)
    private func check(
        _ record: Record, in partition: TopicPartition, _ slot: Int, _ reading: inout Reading
    ) -> Stamp? {
        guard let expected, let value = record.value else { return nil }
        return withExtendedLifetime(value) {
            let bytes = value.unsafeMemory
            guard let stamp = Stamp.read(bytes), stamp.run == expected.run else { return nil }
            reading.check.take(producer: stamp.producer, sequence: stamp.sequence, slot: slot) {
                "\(partition) offset \(record.offset)"
            }
            let isWhole =
                bytes.count == expected.byteCount
                && (stamp.sequence % Self.comparedShare != 0
                    || expected.pool.matches(
                        UnsafeRawBufferPointer(rebasing: bytes[Stamp.byteCount...]), producer: stamp.producer,
                        sequence: stamp.sequence))
            if !isWhole {
                reading.check.report("\(partition) offset \(record.offset) is not what was written")
            }
            return stamp
        }
    }

    private func finishLap(_ batch: ConsumerBatch, _ reading: inout Reading) {
        guard case .laps(let ends) = end else { return }
        if batch.nextOffset >= ends[batch.partition] ?? 0 {
            consumer.pause(batch.partition)
            reading.finished.insert(batch.partition)
        }
        guard reading.finished.count == partitions.count else { return }
        reading.finished = []
        reading.didFinishLap(tally)
        for partition in partitions {
            consumer.seek(partition, to: .beginning)
            consumer.resume(partition)
        }
    }
}

/// How far a consumer is in its partitions.
struct Reading {
    private let slots: [TopicPartition: Int]
    /// Where each partition goes on.
    var next: [Offset]
    var check: SequenceCheck
    /// Partitions that are done with in this lap.
    var finished: Set<TopicPartition> = []
    private var lastLap: RecordSum?

    init(_ partitions: [TopicPartition], producerCount: Int) {
        slots = Dictionary(uniqueKeysWithValues: zip(partitions, partitions.indices))
        next = Array(repeating: 0, count: partitions.count)
        check = SequenceCheck(partitionCount: partitions.count, producerCount: producerCount)
    }

    func slot(of partition: TopicPartition) -> Int { slots[partition] ?? 0 }

    /// Each lap must bring the same.
    mutating func didFinishLap(_ tally: ReadTally) {
        let lap = RecordSum(count: check.count, sum: check.sum)
        if let lastLap, lastLap != lap {
            check.report(
                "a lap through the old records brought \(lap.count) of them, the one before \(lastLap.count)")
        }
        lastLap = lap
        check.restart()
        for slot in next.indices { next[slot] = 0 }
        tally.update { $0.laps += 1 }
    }

    func publish(_ tally: ReadTally) {
        tally.update { figures in
            figures.problem = figures.problem ?? check.problem
            // Laps are judged by themselves.
            if let lastLap { figures.received = lastLap }
        }
    }
}
