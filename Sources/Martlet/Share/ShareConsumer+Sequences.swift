internal import MartletCore

extension ShareConsumer {
    /// All batches to come, as `poll` gives them, until the service that this is part of is asked to end.
    /// Breaking off loses nothing: another loop goes on where this one ended.
    public var batches: Batches { Batches(consumer: self) }

    /// All records to come, one at a time. Convenient; `batches` is faster.
    public var records: Records { Records(consumer: self) }

    public struct Batches: AsyncSequence, Sendable {
        let consumer: ShareConsumer

        public func makeAsyncIterator() -> Iterator { Iterator(consumer: consumer) }

        public struct Iterator: AsyncIteratorProtocol {
            let consumer: ShareConsumer

            public mutating func next() async throws(MartletError) -> ShareBatch? {
                try await consumer.nextForSequence()
            }

            public mutating func next(
                isolation actor: isolated (any Actor)?
            ) async throws(MartletError) -> ShareBatch? {
                try await consumer.nextForSequence()
            }
        }
    }

    public struct Records: AsyncSequence, Sendable {
        let consumer: ShareConsumer

        public func makeAsyncIterator() -> Iterator { Iterator(consumer: consumer) }

        public struct Iterator: AsyncIteratorProtocol {
            let consumer: ShareConsumer

            public mutating func next() async throws(MartletError) -> ShareRecord? {
                try await consumer.nextRecordForSequence()
            }

            public mutating func next(
                isolation actor: isolated (any Actor)?
            ) async throws(MartletError) -> ShareRecord? {
                try await consumer.nextRecordForSequence()
            }
        }
    }
}
