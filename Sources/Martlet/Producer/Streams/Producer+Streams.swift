internal import MartletCore

extension Producer {
    /// Sends the records of a stream, in their order, until it ends, and waits until all are acknowledged.
    ///
    ///     try await producer.send(readings.map { ProducerRecord(topic: "readings", value: Bytes($0)) })
    ///
    /// Takes records as fast as they come and the buffer has room for them; while it is full, the stream
    /// waits. At the first record that cannot be delivered it takes no more: those that are under way are
    /// waited for, and the error is thrown. `withDeliveries` goes on instead, and tells of each record.
    ///
    /// - Returns: How many records were sent.
    /// - Throws: The error of the record, or of the stream, once everything before it is settled. `cancelled`
    ///   if the task is cancelled: what was taken from the stream is then sent all the same, apart from a
    ///   record that waited for room in the buffer, and the message says how far it got.
    @discardableResult
    public func send<Records: AsyncSequence>(
        _ records: Records
    ) async throws -> Int where Records.Element == ProducerRecord {
        var progress = StreamProgress()
        do {
            for try await record in records {
                progress.add(try await enqueue(record))
                if progress.failure != nil { break }
            }
        } catch {
            await progress.settle()
            throw progress.failure ?? progress.failure(after: error)
        }
        await progress.settle()
        if Task.isCancelled, progress.unobserved > 0 { throw progress.cancellation }
        if let failure = progress.failure { throw failure }
        return progress.count
    }

    /// Sends the records of a stream, in their order, and hands out what became of each, in the same order,
    /// while the stream goes on.
    ///
    ///     try await producer.withDeliveries(of: lines) { deliveries in
    ///         for try await delivery in deliveries {
    ///             if case .failure(let error) = delivery.result { print(delivery.position, error) }
    ///         }
    ///     }
    ///
    /// A record that fails does not end the stream. Records are taken while the buffer has room and `body`
    /// keeps up: at most 8,192 are ahead of it.
    ///
    /// If `body` returns or throws before the end, or the task is cancelled, no more is taken; what was taken
    /// is sent all the same, and `flush` tells of failures.
    ///
    /// - Throws: What `body` throws. The stream's own error is thrown to whoever iterates over the
    ///   deliveries, behind those of all records before it.
    public func withDeliveries<Records: AsyncSequence & Sendable, Result>(
        of records: Records, _ body: (StreamDeliveries) async throws -> Result
    ) async throws -> Result where Records.Element == ProducerRecord {
        let channel = DeliveryChannel()
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await self.feed(records, to: channel) }
            defer { group.cancelAll() }
            return try await body(StreamDeliveries(channel: channel))
        }
    }

    private func feed<Records: AsyncSequence & Sendable>(
        _ records: Records, to channel: DeliveryChannel
    ) async where Records.Element == ProducerRecord {
        do {
            for try await record in records {
                do throws(MartletError) {
                    await channel.append(.enqueued(try await enqueue(record)))
                } catch {
                    await channel.append(.refused(error))
                    if error.code == .closed || error.code == .cancelled { break }
                }
                if Task.isCancelled { break }
            }
            channel.finish(throwing: nil)
        } catch {
            channel.finish(throwing: error)
        }
    }
}

/// What became of one record of a stream.
public struct StreamDelivery: Sendable {
    /// Which record: the first one is 0.
    public let position: Int
    /// Where the record is, or why it is not delivered.
    public let result: DeliveryResult
}

/// What becomes of a stream's records, in their order; to be iterated over once.
public struct StreamDeliveries: AsyncSequence, Sendable {
    public typealias Element = StreamDelivery

    let channel: DeliveryChannel

    public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(channel: channel) }

    public struct AsyncIterator: AsyncIteratorProtocol {
        let channel: DeliveryChannel
        private var position = 0
        /// Taken from the channel, and not handed out yet.
        private var entries: ArraySlice<DeliveryChannel.Entry> = []

        init(channel: DeliveryChannel) {
            self.channel = channel
        }

        /// Waits until the next record is acknowledged or given up.
        ///
        /// - Throws: The stream's error.
        public mutating func next() async throws -> StreamDelivery? {
            if entries.isEmpty { entries = try await channel.take()[...] }
            guard let entry = entries.popFirst() else { return nil }
            defer { position += 1 }
            let result: DeliveryResult
            switch entry {
            case .enqueued(let delivery): result = await delivery.unhurriedResult()
            case .refused(let error): result = .failure(error)
            }
            return StreamDelivery(position: position, result: result)
        }
    }
}
