import Martlet
import MartletCore
import MartletTransport
import MartletWire
import NIOCore
import Synchronization
import Testing

/// Everything at once, by seed: `MARTLET_FAULT_SEEDS=100-120 swift test --filter RandomFaultTests`.
@Suite("Producers and readers in the midst of random faults", .timeLimit(.minutes(5)))
struct RandomFaultTests {
    private static let partitions = 3
    private static let recordCount = 1_200

    /// Draws a fate for each request.
    private final class Dice: Sendable {
        private let random: Mutex<SplitMix64>

        init(seed: UInt64) { random = Mutex(SplitMix64(seed: seed)) }

        func draw<Result: Sendable>(_ body: (inout SplitMix64) -> Result) -> Result {
            random.withLock { body(&$0) }
        }

        func sentence(_ exchange: Exchange) throws -> Sentence {
            // A connection that never comes about proves nothing.
            let chance = exchange.header.key == .apiVersions ? 200 : 25
            let (isUnlucky, kind, time) = draw { random in
                (random.oneIn(chance), random.index(below: 9), Int64(random.index(below: 150)))
            }
            guard isUnlucky else { return .pass }
            switch kind {
            case 0: return .cutBefore
            case 1: return .cutAfter
            case 2: return .ghost(.milliseconds(time))
            case 3: return .late(.milliseconds(time))
            case 4: return .held(.milliseconds(time))
            case 5: return .damaged(.half)
            case 6: return .damaged(.wrongCorrelationID)
            case 7: return .unanswered
            default: return try refusal(exchange) ?? .pass
            }
        }

        private func refusal(_ exchange: Exchange) throws -> Sentence? {
            let (header, body) = (exchange.header, exchange.body)
            if header.key == .produce || header.key == .fetch {
                let codes = [ErrorCode.notLeaderOrFollower, .leaderNotAvailable, .kafkaStorageError]
                let code = draw { codes[$0.index(below: codes.count)] }
                let bytes =
                    header.key == .produce
                    ? try Refusals.answer(ProduceRequest.self, header, body, code)
                    : try Refusals.answer(FetchRequest.self, header, body, code)
                return bytes.map(Sentence.answer)
            }
            guard let api = Refusals.coordinated[header.key] else { return nil }
            let codes = [ErrorCode.coordinatorLoadInProgress, .coordinatorNotAvailable, .notCoordinator]
            let code = draw { codes[$0.index(below: codes.count)] }
            return try Refusals.answer(api, header, body, code).map(Sentence.answer)
        }
    }

    /// What the tasks find out.
    private final class Ledger: Sendable {
        struct Facts {
            var acknowledged: [Int: (partition: TopicPartition, offset: Offset?)] = [:]
            var failures: [String] = []
            var isProducing = true
            /// By the group, however often.
            var seen: Set<Int> = []
            /// By the plain reader, in its order.
            var read: [TopicPartition: [Int]] = [:]
        }

        private let facts = Mutex(Facts())

        func with<Result: Sendable>(_ body: (inout Facts) throws -> Result) rethrows -> Result {
            try facts.withLock { try body(&$0) }
        }
    }

    static var seeds: [UInt64] {
        guard let text = environment("MARTLET_FAULT_SEEDS") else { return [1, 2, 3, 4] }
        let bounds = text.split(separator: "-").compactMap { UInt64($0) }
        guard let first = bounds.first, let last = bounds.last, first <= last else { return [] }
        return Array(first...last)
    }

    @Test("what is acknowledged is read: all of it, in order, and once", arguments: seeds)
    func everything(seed: UInt64) async throws {
        let groupProtocol: GroupProtocol = seed % 2 == 0 ? .consumer : .classic
        try await withFaults(brokers: 2, settings: GroupFaultTests.settings) { configuration in
            configuration.requestTimeout = .milliseconds(500)
            configuration.metadataTimeout = .seconds(60)
        } _: { scene in
            try await scene.witness.admin.createTopic("t", partitions: Int32(Self.partitions))
            let dice = Dice(seed: seed)
            let ledger = Ledger()
            for proxy in scene.proxies { proxy.onEverything { try dice.sentence($0) } }
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                tasks.addTask { try await Self.produce(scene.client, ledger) }
                tasks.addTask { try await Self.disturb(scene, dice, ledger) }
                tasks.addTask { try await Self.readPlainly(scene.client, ledger) }
                for _ in 0..<2 {
                    tasks.addTask { try await Self.readInGroup(scene.client, groupProtocol, ledger) }
                }
                try await tasks.waitForAll()
            }
            try await Self.judge(scene, ledger, seed: seed)
        }
    }

    private static func produce(_ client: MartletClient, _ ledger: Ledger) async throws {
        defer { ledger.with { $0.isProducing = false } }
        var configuration = ProducerConfiguration()
        configuration.batchBytes = 300
        configuration.linger = .milliseconds(1)
        try await client.withProducer(configuration) { producer in
            var deliveries: [Delivery] = []
            for number in 0..<recordCount {
                let index = PartitionIndex(number % partitions)
                deliveries.append(
                    try await producer.enqueue(
                        ProducerRecord(topic: "t", partition: index, value: Bytes("\(number)"))))
                if number % 40 == 0 { try await Task.sleep(for: .milliseconds(100)) }
            }
            for (number, delivery) in deliveries.enumerated() {
                do throws(MartletError) {
                    let place = try await delivery.metadata()
                    ledger.with { $0.acknowledged[number] = (place.partition, place.offset) }
                } catch {
                    ledger.with { $0.failures.append("\(error)") }
                }
            }
        }
    }

    /// Leaders and coordinators move, brokers go and come back, until everything is produced; then it is
    /// calm, so that readers can be waited for.
    private static func disturb(_ scene: FaultScene, _ dice: Dice, _ ledger: Ledger) async throws {
        while ledger.with({ $0.isProducing }) {
            try await Task.sleep(for: .milliseconds(dice.draw { 50 + $0.index(below: 250) }))
            let broker = BrokerID(rawValue: Int32(1 + dice.draw { $0.index(below: 2) }))
            switch dice.draw({ $0.index(below: 5) }) {
            case 0, 1:
                let partition = TopicPartition("t", PartitionIndex(dice.draw { $0.index(below: partitions) }))
                scene.faces.moveLeader(of: partition, to: broker, isKnown: dice.draw { $0.oneIn(2) })
            case 2: scene.faces.moveCoordinators(to: broker)
            case 3: scene.faces.spreadNews()
            default:
                let proxy = scene.proxies[Int(broker.rawValue) - 1]
                try await proxy.stop()
                try await Task.sleep(for: .milliseconds(dice.draw { $0.index(below: 400) }))
                try await proxy.start()
            }
        }
        scene.faces.spreadNews()
        for proxy in scene.proxies { proxy.calm() }
    }

    private static func isComplete(_ ledger: Ledger, _ count: (Ledger.Facts) -> Int) -> Bool {
        ledger.with { facts in !facts.isProducing && count(facts) >= facts.acknowledged.count }
    }

    private static func readPlainly(_ client: MartletClient, _ ledger: Ledger) async throws {
        try await client.withConsumer { consumer in
            try await consumer.assign(topic: "t", from: .beginning)
            let deadline = ContinuousClock.now + .seconds(120)
            while ContinuousClock.now < deadline {
                if let batch = try await consumer.poll(within: .milliseconds(200)) {
                    let numbers = batch.map(number)
                    ledger.with { $0.read[batch.partition, default: []] += numbers }
                } else if isComplete(ledger, { $0.read.values.reduce(0) { $0 + $1.count } }) {
                    return
                }
            }
        }
    }

    private static func readInGroup(
        _ client: MartletClient, _ groupProtocol: GroupProtocol, _ ledger: Ledger
    ) async throws {
        let deadline = ContinuousClock.now + .seconds(120)
        try await client.withGroupConsumer(GroupFaultTests.member(groupProtocol)) { consumer in
            while ContinuousClock.now < deadline, !isComplete(ledger, { $0.seen.count }) {
                guard let batch = try await consumer.poll(within: .milliseconds(100)) else { continue }
                let numbers = batch.map(number)
                ledger.with { $0.seen.formUnion(numbers) }
            }
        }
    }

    private static func number(_ record: Record) -> Int {
        record.value.flatMap { Int(String(decoding: $0)) } ?? -1
    }

    private static func judge(_ scene: FaultScene, _ ledger: Ledger, seed: UInt64) async throws {
        let log = try await scene.records(of: "t")
        let facts = ledger.with { $0 }
        let hint: Comment = "MARTLET_FAULT_SEEDS=\(seed)-\(seed) swift test --filter RandomFaultTests"
        #expect(facts.failures.isEmpty, hint)
        #expect(facts.acknowledged.count == recordCount, hint)
        for partition in 0..<partitions {
            let index = PartitionIndex(partition)
            let there = (log[index] ?? []).compactMap { Int($0) }
            #expect(there == Array(stride(from: partition, to: recordCount, by: partitions)), hint)
            #expect(facts.read[TopicPartition("t", index)] == there, hint)
            let misplaced = there.indices.filter { position in
                let told = facts.acknowledged[there[position]]?.offset
                return told.map { $0.rawValue != Int64(position) } ?? false
            }
            #expect(misplaced.isEmpty, hint)
        }
        let unseen = Set(0..<recordCount).subtracting(facts.seen)
        #expect(unseen.isEmpty, hint)
    }
}
