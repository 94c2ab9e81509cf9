internal import MartletCore

/// How records get into the accumulator: at once as a rule, or after a wait for their topic, or for room.
extension ProducerCore {
    /// Records that go in under one lock: enough to make its cost small, few enough not to keep the sender
    /// waiting.
    private static let portion = 256

    /// Takes a record; waits if it has to.
    func enqueue(_ record: ProducerRecord, isAwaited: Bool) async throws(MartletError) -> Delivery {
        let timestamp = record.timestamp ?? .now()
        // As a rule there is nothing to wait for, and nothing to be kept for after a wait.
        if case .appended(let batch, let index, _) = append(record, timestamp, isAwaited, reserved: 0) {
            return Delivery(batch: batch, index: index, timestamp: timestamp, core: self)
        }
        return try await enqueuePatiently(record, isAwaited: isAwaited)
    }

    /// One attempt. Reads the clock only for the first record of a batch.
    private func append(
        _ record: ProducerRecord, _ timestamp: Timestamp, _ isAwaited: Bool, reserved: Int
    ) -> Accumulator.AppendResult {
        let result = withAccumulator { accumulator in
            accumulator.append(
                record, clock: { .now }, timestamp: timestamp, isAwaited: isAwaited, reserved: reserved)
        }
        if case .appended(_, _, wakesSender: true) = result { wakeup.signal() }
        return result
    }

    private func enqueuePatiently(
        _ record: ProducerRecord, isAwaited: Bool
    ) async throws(MartletError) -> Delivery {
        var reserved = 0
        var hasAskedForPartitions = false
        while true {
            let timestamp = record.timestamp ?? .now()
            switch append(record, timestamp, isAwaited, reserved: reserved) {
            case .appended(let batch, let index, _):
                return Delivery(batch: batch, index: index, timestamp: timestamp, core: self)
            case .needsTopic:
                try await learnTopic(record.topic, holding: reserved)
            case .needsPartition(let error):
                // It may have been added since we last asked.
                guard !hasAskedForPartitions else {
                    giveBack(reserved)
                    throw error
                }
                hasAskedForPartitions = true
                try await learnPartitions(of: record.topic, holding: reserved)
            case .needsSpace(let byteCount):
                reserved = try await waitForSpace(byteCount)
            case .refused(let error):
                giveBack(reserved)
                throw error
            }
        }
    }

    func enqueue(_ records: [ProducerRecord], isAwaited: Bool) async throws(MartletError) -> Deliveries {
        var deliveries = Deliveries(core: self)
        var next = 0
        while next < records.count {
            let now = ContinuousClock.now
            let time = Timestamp.now()
            let range = next..<min(next + Self.portion, records.count)
            let (added, hasObstacle) = withAccumulator { accumulator in
                accumulator.append(records[range], at: now, time: time, isAwaited: isAwaited)
            }
            if added.wakesSender { wakeup.signal() }
            deliveries.append(added, of: records[range], time: time)
            next += added.count
            guard hasObstacle else { continue }
            // The slow path, for the one record that met something to wait for.
            deliveries.append(try await enqueuePatiently(records[next], isAwaited: isAwaited))
            next += 1
        }
        return deliveries
    }

    private func learnTopic(_ name: TopicName, holding reserved: Int) async throws(MartletError) {
        do {
            _ = try await client.topic(name, allowsCreation: configuration.allowsTopicCreation)
            takeInMetadata([name])
        } catch {
            giveBack(reserved)
            throw error
        }
    }

    private func learnPartitions(of name: TopicName, holding reserved: Int) async throws(MartletError) {
        do {
            try await client.refreshMetadata()
            takeInMetadata([name])
        } catch {
            giveBack(reserved)
            throw error
        }
    }

    private func waitForSpace(_ byteCount: Int) async throws(MartletError) -> Int {
        let id = withAccumulator { $0.buffer.makeID() }
        let isGranted = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = withAccumulator { accumulator in
                    if accumulator.closed != nil || Task.isCancelled { return true }
                    accumulator.buffer.wait(for: byteCount, id: id, continuation)
                    return false
                }
                if isOver { continuation.resume(returning: false) } else { wakeup.signal() }
            }
        } onCancel: {
            withAccumulator { $0.buffer.cancelWait(id: id) }?.resume(returning: false)
        }
        if isGranted { return byteCount }
        let closed = withAccumulator { $0.closed }
        throw closed ?? .cancelled("the wait for room in the producer's buffer")
    }

    private func giveBack(_ byteCount: Int) {
        if byteCount > 0 { withAccumulator { $0.buffer.release(byteCount) } }
    }
}
