internal import MartletCore

extension GroupConsumer {
    /// All batches to come. Breaking off loses nothing: another loop goes on where this one ended.
    ///
    /// Ends when the service that goes through them, or the one that runs the consumer, is asked to shut down
    /// gracefully.
    public var batches: Batches { Batches(consumer: self) }

    /// All records to come, one at a time. Convenient; `batches` is faster.
    public var records: Records { Records(consumer: self) }

    public struct Batches: AsyncSequence, Sendable {
        let consumer: GroupConsumer

        public func makeAsyncIterator() -> Iterator { Iterator(consumer: consumer) }

        public struct Iterator: AsyncIteratorProtocol {
            let consumer: GroupConsumer

            public mutating func next() async throws(MartletError) -> ConsumerBatch? {
                try await consumer.nextForSequence()
            }

            public mutating func next(
                isolation actor: isolated (any Actor)?
            ) async throws(MartletError) -> ConsumerBatch? {
                try await consumer.nextForSequence()
            }
        }
    }

    public struct Records: AsyncSequence, Sendable {
        let consumer: GroupConsumer

        public func makeAsyncIterator() -> Iterator { Iterator(consumer: consumer) }

        public struct Iterator: AsyncIteratorProtocol {
            let consumer: GroupConsumer

            public mutating func next() async throws(MartletError) -> ConsumerRecord? {
                try await consumer.nextRecordForSequence()
            }

            public mutating func next(
                isolation actor: isolated (any Actor)?
            ) async throws(MartletError) -> ConsumerRecord? {
                try await consumer.nextRecordForSequence()
            }
        }
    }
}
