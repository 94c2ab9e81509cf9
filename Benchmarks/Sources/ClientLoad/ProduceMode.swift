import CClientLoad
import Martlet

/// Produces in one of three ways.
struct ProduceMode {
    private let work: client_work
    private let form: Form
    private let topic: TopicName
    private let values: Values

    private enum Form: String {
        /// `enqueue(contentsOf:)`: the way for millions of records.
        case batch
        /// `enqueue`, one record after the other.
        case single
        /// `send` from many tasks, each of which waits until its record is acknowledged.
        case await
    }

    init(_ work: client_work) throws {
        guard let form = Form(rawValue: String(cString: work.form)) else {
            throw Misuse("--form is batch, single or await")
        }
        self.work = work
        self.form = form
        topic = TopicName(String(cString: work.topic))
        values = Values(of: Int(work.record_bytes))
    }

    func run(_ client: MartletClient) async throws {
        var configuration = ProducerConfiguration()
        guard let compression = Compression(String(cString: work.compression)) else {
            throw Misuse("--compression names no codec")
        }
        configuration.compression = compression
        configuration.linger = .milliseconds(Int(work.linger_ms))
        configuration.batchBytes = Int(work.batch_bytes)
        configuration.bufferBytes = Int(work.buffer_bytes)
        configuration.maximumInFlight = Int(work.in_flight)
        try await client.withProducer(configuration) { producer in
            var feed = Feed(values, topic)
            try await produce(Int(work.warm), &feed, producer)
            feed.digest = 0
            var start = client_usage_now()
            try await produce(Int(work.records), &feed, producer)
            var result = client_result()
            result.records = work.records
            result.value_bytes = work.records * work.record_bytes
            result.digest = feed.digest
            client_report(&start, &result)
        }
    }

    private func produce(_ count: Int, _ feed: inout Feed, _ producer: Producer) async throws {
        switch form {
        case .batch:
            var left = count
            while left > 0 {
                let portion = min(left, Int(work.portion))
                try await producer.enqueue(contentsOf: feed.next(portion))
                left -= portion
            }
        case .single:
            for _ in 0..<count { try await producer.enqueue(feed.next()) }
        case .await:
            try await sendFromTasks(count, &feed, producer)
        }
        try await producer.flush()
    }

    private func sendFromTasks(_ count: Int, _ feed: inout Feed, _ producer: Producer) async throws {
        let tasks = Int(work.tasks)
        try await withThrowingTaskGroup(of: UInt64.self) { group in
            for task in 0..<tasks {
                var own = feed
                own.skip(task)
                let share = count / tasks + (task < count % tasks ? 1 : 0)
                group.addTask {
                    own.digest = 0
                    for _ in 0..<share {
                        try await producer.send(own.next())
                        own.skip(tasks - 1)
                    }
                    return own.digest
                }
            }
            for try await digest in group { feed.digest += digest }
        }
        feed.skip(count)
    }
}
