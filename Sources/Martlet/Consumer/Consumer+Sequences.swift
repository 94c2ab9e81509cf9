internal import MartletCore

extension Consumer {
    /// All batches to come, until every partition has reached its stop position. Breaking off loses nothing:
    /// another loop goes on where this one ended.
    ///
    /// Ends also when the service that goes through them is asked to shut down gracefully.
    public var batches: Batches { Batches(consumer: self) }

    /// All records to come, one at a time. Convenient; `batches` is faster. Breaking off loses nothing, as
    /// with `batches`.
    public var records: Records { Records(consumer: self) }

    public struct Batches: AsyncSequence, Sendable {
        let consumer: Consumer

        public func makeAsyncIterator() -> Iterator { Iterator(consumer: consumer) }

        public struct Iterator: AsyncIteratorProtocol {
            let consumer: Consumer

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
        let consumer: Consumer

        public func makeAsyncIterator() -> Iterator { Iterator(consumer: consumer) }

        public struct Iterator: AsyncIteratorProtocol {
            let consumer: Consumer
            private var current: OpenBatch?

            init(consumer: Consumer) {
                self.consumer = consumer
            }

            public mutating func next() async throws(MartletError) -> ConsumerRecord? {
                try await next(isolation: #isolation)
            }

            public mutating func next(
                isolation actor: isolated (any Actor)?
            ) async throws(MartletError) -> ConsumerRecord? {
                while true {
                    if let record = current?.next() { return record }
                    current = nil
                    guard let batch = try await consumer.nextForSequence() else { return nil }
                    current = OpenBatch(batch, of: consumer)
                }
            }
        }
    }
}
