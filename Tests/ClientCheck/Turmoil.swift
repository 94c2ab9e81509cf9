import Martlet
import Synchronization

/// Numbered records from an idempotent producer, read by a member of a group at the same time and by a plain
/// reader in the end.
///
/// What must hold: each acknowledged record is in the log once, where it was said to be, in the order of its
/// partition; the group was handed each of them at least once.
struct Turmoil {
    private struct Ledger {
        /// Number by partition and offset, as acknowledged.
        var acknowledged: [TopicPartition: [Offset: Int]] = [:]
        var acknowledgedCount = 0
        var failures: [String] = []
        /// Numbers that the group's member was handed.
        var seen: Set<Int> = []
        var handedOut = 0
        var readerErrors: [String] = []
        var isProducing = true
    }

    private let client: MartletClient
    private let topic: TopicName
    private let partitions: Int
    private let seconds: Int
    private let rate: Int
    private let group: GroupID
    private let groupProtocol: GroupProtocol
    /// How long the reader may take once the producer is done.
    private let patience: Int
    private let ledger = SharedLedger()

    private final class SharedLedger: Sendable {
        private let ledger = Mutex(Ledger())

        func with<Result: Sendable>(_ body: (inout Ledger) -> Result) -> Result {
            ledger.withLock { body(&$0) }
        }
    }

    /// Deliveries that are to be asked in the end.
    private let open = OpenDeliveries()

    private final class OpenDeliveries: Sendable {
        let waiting = Mutex<[(Delivery, Int)]>([])
    }

    init(_ arguments: CheckArguments) throws {
        client = try MartletClient(arguments.clientConfiguration())
        topic = try TopicName(arguments.text("topic"))
        partitions = try arguments.number("partitions", default: 3)
        seconds = try arguments.number("seconds", default: 10)
        rate = try arguments.number("rate", default: 1_000)
        patience = try arguments.number("patience", default: 60)
        group = try GroupID(arguments.text("topic") + "-readers")
        groupProtocol = try arguments.number("classic", default: 0) == 0 ? .consumer : .classic
    }

    func run() async throws -> Bool {
        try await createTopic()
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await produce() }
            tasks.addTask { try await consume() }
            try await tasks.waitForAll()
        }
        let verdict = try await judge()
        client.close()
        return verdict
    }

    private func createTopic() async throws {
        do {
            try await client.admin.createTopic(topic, partitions: Int32(partitions))
        } catch {
            // The answer to an earlier attempt may have been lost.
            guard error.code == .broker(.topicAlreadyExists) else { throw error }
        }
    }

    // MARK: Producing

    private func produce() async throws {
        var configuration = ProducerConfiguration()
        configuration.batchBytes = 4 << 10
        configuration.deliveryTimeout = .seconds(120)
        defer { ledger.with { $0.isProducing = false } }
        try await client.withProducer(configuration) { producer in
            let end = ContinuousClock.now + .seconds(seconds)
            var next = 0
            while ContinuousClock.now < end {
                // A hundredth of a second's records at a time; a producer that waits falls behind the rate.
                let numbers = next..<(next + max(rate / 100, 1))
                next = numbers.upperBound
                let records = numbers.map { number in
                    ProducerRecord(
                        topic: topic, partition: PartitionIndex(number % partitions),
                        value: Bytes("\(number)"))
                }
                let deliveries = try await producer.enqueue(contentsOf: records)
                note(deliveries, numbers)
                try await Task.sleep(for: .milliseconds(10))
            }
            try? await producer.flush()
            await settleRest()
        }
    }

    private func note(_ deliveries: Deliveries, _ numbers: Range<Int>) {
        open.waiting.withLock { $0 += zip(deliveries, numbers) }
    }

    private func settleRest() async {
        let all = open.waiting.withLock { waiting in
            defer { waiting = [] }
            return waiting
        }
        for (delivery, number) in all {
            do throws(MartletError) {
                let place = try await delivery.metadata()
                ledger.with { ledger in
                    ledger.acknowledgedCount += 1
                    // A batch that was recognised as a repetition has no offset to tell.
                    if let offset = place.offset {
                        ledger.acknowledged[place.partition, default: [:]][offset] = number
                    } else {
                        ledger.acknowledged[place.partition, default: [:]][
                            Offset(rawValue: -1 - Int64(number))] =
                            number
                    }
                }
            } catch {
                ledger.with { $0.failures.append("\(number): \(error)") }
            }
        }
    }

    // MARK: Consuming

    private func consume() async throws {
        var configuration = GroupConsumerConfiguration(group: group, topics: topic)
        configuration.groupProtocol = groupProtocol
        configuration.autoCommitInterval = .milliseconds(200)
        configuration.reader.unavailabilityTimeout = nil
        var deadline: ContinuousClock.Instant?
        while true {
            do {
                return try await client.withGroupConsumer(configuration) { consumer in
                    while true {
                        let batch = try await consumer.poll(within: .milliseconds(200))
                        let numbers = batch.map { $0.compactMap(Self.number) } ?? []
                        let (isProducing, hasAll) = ledger.with { ledger in
                            ledger.seen.formUnion(numbers)
                            ledger.handedOut += numbers.count
                            return (ledger.isProducing, ledger.seen.count >= ledger.acknowledgedCount)
                        }
                        if isProducing { continue }
                        let limit = deadline ?? .now + .seconds(patience)
                        deadline = limit
                        if hasAll && batch == nil || ContinuousClock.now > limit { return }
                    }
                }
            } catch let error as MartletError where error.isRetriable {
                // A program would do the same: try again, with what the group remembers.
                ledger.with { $0.readerErrors.append("\(error)") }
                if let deadline, ContinuousClock.now > deadline { return }
            }
        }
    }

    private static func number(_ record: Record) -> Int? {
        record.value.flatMap { Int(String(decoding: $0)) }
    }

    // MARK: Judging

    private func judge() async throws -> Bool {
        var log: [TopicPartition: [(offset: Offset, number: Int)]] = [:]
        try await client.withConsumer { consumer in
            try await consumer.assign(topic: topic, from: .beginning, until: .end)
            for try await record in consumer.records {
                guard let value = record.value, let number = Int(String(decoding: value)) else { continue }
                log[record.partition, default: []].append((record.offset, number))
            }
        }
        let facts = ledger.with { $0 }
        let all = log.values.flatMap { $0.map(\.number) }
        let present = Set(all)
        let acknowledged = Set(facts.acknowledged.values.flatMap(\.values))
        let lost = acknowledged.subtracting(present).count
        let unread = acknowledged.subtracting(facts.seen).count
        var misplaced = 0
        for (partition, entries) in log {
            let told = facts.acknowledged[partition] ?? [:]
            for entry in entries {
                if let number = told[entry.offset], number != entry.number { misplaced += 1 }
            }
        }
        let disordered = log.values.reduce(0) { count, entries in
            count + zip(entries, entries.dropFirst()).count { $0.number >= $1.number }
        }
        print(
            """
            {"acknowledged": \(acknowledged.count), "failed": \(facts.failures.count), "log": \(all.count), \
            "lost": \(lost), "unread": \(unread), "repeated": \(all.count - present.count), \
            "misplaced": \(misplaced), "disordered": \(disordered), "handedOut": \(facts.handedOut), \
            "readerErrors": \(facts.readerErrors.count)}
            """)
        let violations = [lost, unread, all.count - present.count, misplaced, disordered]
        return violations.allSatisfy { $0 == 0 } && facts.failures.isEmpty
    }
}
