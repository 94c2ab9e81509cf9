internal import MartletCore

extension GroupConsumer {
    /// All batches to come. Breaking off loses nothing: another loop goes on where this one ended.
    public var batches: Batches { Batches(consumer: self) }

    /// All records to come, one at a time. Convenient; `batches` is faster.
    public var records: Records { Records(consumer: self) }

    public struct Batches: AsyncSequence, Sendable {
        let consumer: GroupConsumer

        public func makeAsyncIterator() -> Iterator { Iterator(consumer: consumer) }

        public struct Iterator: AsyncIteratorProtocol {
            let consumer: GroupConsumer

            public mutating func next() async throws(MartletError) -> ConsumerBatch? {
                try await consumer.poll()
            }

            public mutating func next(
                isolation actor: isolated (any Actor)?
            ) async throws(MartletError) -> ConsumerBatch? {
                try await consumer.poll()
            }
        }
    }

    public struct Records: AsyncSequence, Sendable {
        let consumer: GroupConsumer

        public func makeAsyncIterator() -> Iterator { Iterator(consumer: consumer) }

        public struct Iterator: AsyncIteratorProtocol {
            let consumer: GroupConsumer

            public mutating func next() async throws(MartletError) -> ConsumerRecord? {
                try await consumer.nextRecord()
            }

            public mutating func next(
                isolation actor: isolated (any Actor)?
            ) async throws(MartletError) -> ConsumerRecord? {
                try await consumer.nextRecord()
            }
        }
    }
}
