import MartletCore
import MartletRecords
import MartletTesting
import MartletWire
import Synchronization
import Testing

@testable import Martlet

/// Members come, work, make mistakes and die; in the end every record was accepted once, or is a dead letter.
@Suite("Share consumers in turmoil", .timeLimit(.minutes(5)), .serialized)
struct ShareTurmoilTests {
    private struct Place: Hashable {
        let partition: PartitionIndex
        let offset: Offset
    }

    /// What brokers have said to be noted, by all members.
    private struct Ledger {
        var accepted: [Place: Int] = [:]
        var rejected: Set<Place> = []
        /// Nobody knows whether the broker has noted it.
        var doubtful: Set<Place> = []
        var isOver = false
        var kills = 0
    }

    /// The ledger of all members.
    private final class Book: Sendable {
        private let ledger = Mutex(Ledger())

        func withLock<Result: Sendable>(_ body: (inout sending Ledger) -> Result) -> Result {
            ledger.withLock { body(&$0) }
        }
    }

    private static let count = 240

    @Test(
        "every record is accepted exactly once or becomes a dead letter",
        arguments: [1, 2, UInt64.random(in: 3 ... .max)])
    func turmoil(seed: UInt64) async throws {
        let settings = [
            "martlet.share.dead.letter.topic": "letters", "share.delivery.count.limit": "10",
            "share.session.timeout.ms": "3000",
        ]
        try await ShareWorld.run(partitions: 2, group: settings) { client in
            try await ShareWorld.produce(0..<Self.count / 2, client, partition: 0)
            try await ShareWorld.produce(Self.count / 2..<Self.count, client, partition: 1)
            let ledger = Book()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for member in 0..<3 {
                    group.addTask {
                        try await Self.work(seed: seed &+ UInt64(member), client, ledger)
                    }
                }
                try await Self.waitUntilDone(client)
                ledger.withLock { $0.isOver = true }
                try await group.waitForAll()
            }
            let result = ledger.withLock { $0 }
            let all = Set(
                (0..<2).flatMap { partition in
                    (0..<Self.count / 2).map { Place(partition: Int32(partition), offset: Offset($0)) }
                })
            let accepted = Set(result.accepted.keys)
            let letters = try await Self.letters(client, atLeast: all.subtracting(accepted), result.doubtful)
            let state = "seed \(seed), \(result.kills) members died"
            #expect(result.accepted.values.allSatisfy { $0 == 1 }, "accepted twice: \(state)")
            #expect(result.rejected.isSubset(of: letters), "rejected and no letter: \(state)")
            #expect(accepted.isDisjoint(with: letters), "accepted and a letter: \(state)")
            #expect(accepted.union(letters).union(result.doubtful) == all, "lost: \(state)")
        }
    }

    /// One member after the other, until all is done.
    private static func work(
        seed: UInt64, _ client: MartletClient, _ ledger: Book
    ) async throws {
        var random = SplitMix64(seed: seed)
        while !ledger.withLock({ $0.isOver }) {
            var configuration = ShareWorld.configuration(.explicit)
            configuration.maximumRecords = Int.random(in: 1...20, using: &random)
            configuration.acquireMode = Bool.random(using: &random) ? .recordLimit : .batchOptimized
            configuration.autoCommitInterval = nil
            let consumer = try client.makeShareConsumer(configuration)
            let run = Task { try? await consumer.run() }
            while !ledger.withLock({ $0.isOver }) {
                guard let batch = try await consumer.poll(within: .milliseconds(200)) else { continue }
                let said = decide(batch, consumer, &random)
                if Int.random(in: 0..<12, using: &random) == 0 {
                    // Dies with what it has said on its lips.
                    consumer.pool.close()
                    if Bool.random(using: &random) { consumer.coordinatorPool.close() }
                    ledger.withLock { ledger in
                        ledger.kills += 1
                        ledger.doubtful.formUnion(said.filter { $0.value != .release }.keys)
                    }
                    break
                }
                let results = try await consumer.commit()
                ledger.withLock { note(results, said, &$0) }
            }
            run.cancel()
            await run.value
        }
    }

    private static func decide(
        _ batch: ShareBatch, _ consumer: ShareConsumer, _ random: inout SplitMix64
    ) -> [Place: Acknowledgement] {
        var said: [Place: Acknowledgement] = [:]
        for record in batch {
            let dice = Int.random(in: 0..<10, using: &random)
            let acknowledgement: Acknowledgement = dice < 7 ? .accept : dice < 9 ? .release : .reject
            if consumer.acknowledge(record, acknowledgement) {
                said[Place(partition: record.partition.partition, offset: record.offset)] = acknowledgement
            }
        }
        return said
    }

    private static func note(
        _ results: [AcknowledgementResult], _ said: [Place: Acknowledgement], _ ledger: inout Ledger
    ) {
        for result in results {
            for range in result.offsets {
                for raw in range.lowerBound.rawValue...range.upperBound.rawValue {
                    let place = Place(
                        partition: result.partition.partition, offset: Offset(rawValue: raw))
                    switch (result.result, said[place]) {
                    case (.success, .accept): ledger.accepted[place, default: 0] += 1
                    case (.success, .reject): ledger.rejected.insert(place)
                    case (.failure(let error), .accept), (.failure(let error), .reject):
                        // A refusal is certain, a broken connection is not.
                        if error.code != .broker(.invalidRecordState) { ledger.doubtful.insert(place) }
                    default: break
                    }
                }
            }
        }
    }

    private static func waitUntilDone(_ client: MartletClient) async throws {
        while true {
            do {
                let offsets = try await client.admin.shareGroupOffsets(of: "workers")
                let lags = offsets.values.map { try? $0.get().lag }
                if lags.count == 2, lags.allSatisfy({ $0 == 0 }) { return }
            } catch {
                // Nobody has joined yet.
                guard error.code == .broker(.groupIDNotFound) else { throw error }
            }
            try await Task.sleep(for: .milliseconds(100))
        }
    }

    /// Copies are made a little later than records are given up.
    private static func letters(
        _ client: MartletClient, atLeast expected: Set<Place>, _ doubtful: Set<Place>
    ) async throws -> Set<Place> {
        var letters: Set<Place> = []
        for _ in 0..<200 {
            if expected.subtracting(doubtful).isSubset(of: letters) { break }
            try await Task.sleep(for: .milliseconds(50))
            guard try await client.admin.listTopics().contains(where: { $0.name == "letters" }) else {
                continue
            }
            letters = []
            try await client.withConsumer { consumer in
                try await consumer.assign(topic: "letters", from: .beginning, until: .end)
                for try await record in consumer.records {
                    func number(_ key: String) -> Int64? {
                        let header = record.headers.first { $0.key == key }
                        return header?.value.flatMap { Int64(String(decoding: $0)) }
                    }
                    guard let partition = number("martlet.dlq.partition"),
                        let offset = number("martlet.dlq.offset")
                    else { continue }
                    let place = Place(partition: Int32(partition), offset: Offset(rawValue: offset))
                    let isFirst = letters.insert(place).inserted
                    #expect(isFirst, "two letters for one record")
                }
            }
        }
        return letters
    }
}
