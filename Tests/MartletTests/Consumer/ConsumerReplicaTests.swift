import MartletCore
import MartletRecords
import MartletTransport
import MartletWire
import NIOCore
import NIOPosix
import Synchronization
import Testing

@testable import Martlet

@Suite("A consumer among replicas and leaders that change", .timeLimit(.minutes(1)))
struct ConsumerReplicaTests {
    private static let partition = TopicPartition("t", 0)

    private static func fill(_ client: MartletClient, _ range: Range<Int>) async throws {
        try await client.withProducer { producer in
            _ = try await producer.send(
                contentsOf: range.map { ProducerRecord(topic: "t", value: Bytes("\($0)")) })
        }
    }

    /// The next batch, as numbers.
    private static func numbers(_ batch: ConsumerBatch?) -> [Int] {
        batch?.map { $0.value.flatMap { Int(String(decoding: $0)) } ?? -1 } ?? []
    }

    private static func until(_ what: String, _ condition: () async throws -> Bool) async throws {
        let deadline = ContinuousClock.now + .seconds(30)
        while try await !condition() {
            guard ContinuousClock.now < deadline else {
                Issue.record("this did not come about: \(what)")
                return
            }
            try await Task.sleep(for: .milliseconds(5))
        }
    }

    @Test(
        "a reader with a rack goes where the leader sends it, and back when nobody is there",
        arguments: [true, false])
    func nearReplica(isUp: Bool) async throws {
        try await ModelBroker.run { broker, client in
            broker.createTopic("t")
            // A port at which nobody listens.
            let closed = try await ServerBootstrap(group: broker.group).bind(host: "127.0.0.1", port: 0).get()
            let nobody = closed.localAddress?.port ?? 1
            try await closed.close()
            broker.with { [port = broker.address.port] in $0.replica = (isUp ? port : nobody, 1) }
            try await Self.fill(client, 0..<10)
            var configuration = ConsumerConfiguration()
            configuration.rack = "near"
            try await client.withConsumer(configuration) { consumer in
                try await consumer.assign([Self.partition: .beginning])
                #expect(try await Self.numbers(consumer.poll(within: .seconds(20))) == Array(0..<10))
                #expect(broker.with { $0.replica?.redirects } == 0)
                let asked = consumer.state.withLock { $0.readers[Self.partition]?.broker }
                #expect(asked == BrokerID(rawValue: isUp ? 2 : 1))
            }
        }
    }

    /// Reads ten records, lets the leader change with so many of them kept, and writes ten others.
    private static func changeLeader(
        keeping kept: Int64, _ reset: OffsetReset, _ body: (Consumer) async throws -> Void
    ) async throws {
        try await ModelBroker.run { broker, client in
            broker.createTopic("t")
            try await fill(client, 0..<10)
            var configuration = ConsumerConfiguration()
            configuration.offsetReset = reset
            configuration.maximumWait = .milliseconds(10)
            try await client.withConsumer(configuration) { consumer in
                try await consumer.assign([partition: .beginning])
                #expect(try await numbers(consumer.poll(within: .seconds(20))) == Array(0..<10))
                broker.with { state in
                    state.leaderEpoch = LeaderEpoch(rawValue: 1)
                    state.earlierEnd = Offset(rawValue: kept)
                }
                try await client.refreshMetadata()
                try await body(consumer)
                #expect(broker.count(of: .offsetForLeaderEpoch) > 0)
            }
        }
    }

    @Test("a log that was cut back is read again from where it was cut")
    func truncation() async throws {
        try await Self.changeLeader(keeping: 6, .beginning) { consumer in
            let read = try await Self.numbers(consumer.poll(within: .seconds(20)))
            #expect(read == Array(6..<10))
        }
    }

    @Test("a reader that is not to skip anything hears that the log was cut back")
    func truncationError() async throws {
        try await Self.changeLeader(keeping: 6, .fail) { consumer in
            let error = await #expect(throws: MartletError.self) {
                try await consumer.poll(within: .seconds(20))
            }
            #expect(
                error?.code == .offsetOutOfRange && error?.message.contains("cut back to offset 6") == true)
        }
    }

    @Test("a new leader that has everything changes nothing")
    func sameLog() async throws {
        try await Self.changeLeader(keeping: 10, .fail) { consumer in
            #expect(try await consumer.poll(within: .milliseconds(200)) == nil)
            #expect(consumer.position(of: Self.partition) == 10)
            try await Self.fill(consumer.client, 10..<12)
            #expect(try await Self.numbers(consumer.poll(within: .seconds(20))) == [10, 11])
        }
    }

    @Test("a broker that hangs does not hold up what the others have")
    func hanging() async throws {
        try await ModelBroker.run({ $0.connectTimeout = .seconds(40) }) { broker, client in
            broker.createTopic("t", partitions: 2)
            try await client.withProducer { producer in
                for index in 0..<10 {
                    var record = ProducerRecord(topic: "t", value: Bytes("\(index)"))
                    record.partition = 0
                    _ = try await producer.send(record)
                }
            }
            // Takes connections and says nothing.
            let silent = try await ServerBootstrap(group: broker.group).bind(host: "127.0.0.1", port: 0).get()
            broker.with { [port = silent.localAddress?.port ?? 1] state in
                state.replica = (port, 0)
                state.leaders[1] = BrokerID(rawValue: 2)
            }
            try await client.refreshMetadata()
            try await client.withConsumer { consumer in
                try await consumer.assign([Self.partition: .offset(0), TopicPartition("t", 1): .offset(0)])
                let start = ContinuousClock.now
                var read: [Int] = []
                while read.count < 10, let batch = try await consumer.poll(within: .seconds(30)) {
                    read += Self.numbers(batch)
                }
                #expect(read == Array(0..<10) && ContinuousClock.now - start < .seconds(30))
            }
            try await silent.close()
        }
    }

    @Test("a paused partition hands out nothing, and the others go on")
    func pause() async throws {
        try await ModelBroker.run { broker, client in
            broker.createTopic("t", partitions: 2)
            try await client.withConsumer { consumer in
                try await consumer.assign(topic: "t", from: .beginning)
                _ = try await consumer.poll(within: .milliseconds(50))
                try await client.withProducer { producer in
                    for index in 0..<2 {
                        var record = ProducerRecord(topic: "t", value: "x")
                        record.partition = PartitionIndex(index)
                        _ = try await producer.send(record)
                    }
                }
                // Until both have been fetched, so that it is in memory when it is paused.
                try await Self.until("the first has come") {
                    try await consumer.poll(within: .milliseconds(20)) != nil
                }
                let first = consumer.position(of: Self.partition) == 1
                let other = TopicPartition("t", first ? 1 : 0)
                consumer.pause(other)
                #expect(try await consumer.poll(within: .milliseconds(100)) == nil)
                consumer.resume(other)
                #expect(try await consumer.poll(within: .seconds(20))?.partition == other)
            }
        }
    }

    @Test("a cancelled poll loses nothing")
    func cancellation() async throws {
        try await ModelBroker.run { broker, client in
            broker.createTopic("t")
            try await client.withConsumer { consumer in
                try await consumer.assign([Self.partition: .beginning])
                var read: [Int] = []
                for round in 0..<20 {
                    let poll = Task { try await consumer.poll(within: .seconds(20)) }
                    if round % 2 == 0 { try await Task.sleep(for: .milliseconds(round)) }
                    try await Self.fill(client, round..<round + 1)
                    poll.cancel()
                    do {
                        read += Self.numbers(try await poll.value)
                    } catch let error as MartletError {
                        #expect(error.code == .cancelled)
                    }
                }
                while read.count < 20, let batch = try await consumer.poll(within: .seconds(20)) {
                    read += Self.numbers(batch)
                }
                #expect(read == Array(0..<20))
            }
        }
    }
}
