import MartletCore
import MartletRecords
import Testing

@testable import Martlet

@Suite("Share consumers against a broker", .timeLimit(.minutes(2)))
struct ShareConsumerTests {
    @Test("two members share the records, and nobody gets one that the other has")
    func twoMembers() async throws {
        try await ShareWorld.run { client in
            try await ShareWorld.produce(0..<400, client)
            var configuration = ShareWorld.configuration()
            configuration.maximumRecords = 10
            configuration.acquireMode = .recordLimit
            let numbers = try await client.withShareConsumer(configuration) { first in
                try await client.withShareConsumer(configuration) { second in
                    // By turns, so that both have some.
                    var numbers: [[Int]] = [[], []]
                    while numbers[0].count + numbers[1].count < 400 {
                        for (index, consumer) in [first, second].enumerated() {
                            guard let batch = try await consumer.poll(within: .milliseconds(200)) else {
                                continue
                            }
                            #expect(batch.count <= 10)
                            #expect(batch.allSatisfy { $0.deliveryCount == 1 })
                            numbers[index] += batch.map(\.number)
                        }
                    }
                    return numbers
                }
            }
            #expect(numbers.joined().sorted() == Array(0..<400))
            #expect(numbers.allSatisfy { !$0.isEmpty })
        }
    }

    @Test("a released record comes again and counts its deliveries, a rejected one never")
    func releaseAndReject() async throws {
        try await ShareWorld.run { client in
            try await ShareWorld.produce(0..<3, client)
            try await client.withShareConsumer(ShareWorld.configuration(.explicit)) { consumer in
                for record in try await consumer.take(3, nil) {
                    #expect(record.deliveryCount == 1)
                    let answers: [Acknowledgement] = [.accept, .release, .reject]
                    #expect(consumer.acknowledge(record, answers[record.number]))
                    #expect(!consumer.acknowledge(record, .accept), "spoken of twice")
                }
                let again = try await consumer.take(1, .accept)
                #expect(again.map(\.text) == ["1"])
                #expect(again.map(\.deliveryCount) == [2])
                let results = try await consumer.commit()
                #expect(results.map(\.offsets) == [[1...1]])
                for result in results { try result.result.get() }
                #expect(try await consumer.poll(within: .milliseconds(300)) == nil)
            }
        }
    }

    @Test("records whose lock runs out go to another member, and what is said of them then is refused")
    func lockRunsOut() async throws {
        try await ShareWorld.run(group: ["share.record.lock.duration.ms": "1000"]) { client in
            try await ShareWorld.produce(0..<5, client)
            try await client.withShareConsumer(ShareWorld.configuration(.explicit)) { slow in
                let batch = try #require(try await slow.poll(within: ShareConsumer.patience))
                #expect(batch.lockedUntil > .now - .seconds(1))
                #expect(slow.lockDuration == .seconds(1))
                try await client.withShareConsumer(ShareWorld.configuration()) { quick in
                    let taken = try await quick.take(5, .accept)
                    #expect(taken.map(\.number).sorted() == [0, 1, 2, 3, 4])
                    #expect(taken.allSatisfy { $0.deliveryCount == 2 })
                    _ = try await quick.commit()
                }
                slow.acknowledge(batch, .accept)
                let results = try await slow.commit()
                #expect(results.count == 1)
                let error = #expect(throws: MartletError.self) { try results.first?.result.get() }
                #expect(error?.code == .broker(.invalidRecordState))
            }
        }
    }

    @Test("a lock that is renewed does not run out")
    func renewal() async throws {
        try await ShareWorld.run(group: ["share.record.lock.duration.ms": "2000"]) { client in
            try await ShareWorld.produce(0..<1, client)
            try await client.withShareConsumer(ShareWorld.configuration(.explicit)) { slow in
                let batch = try #require(try await slow.poll(within: ShareConsumer.patience))
                let record = try #require(batch.first { _ in true })
                try await client.withShareConsumer(ShareWorld.configuration()) { quick in
                    // Far beyond the first lock. A machine that stops for longer than a lock lasts would
                    // prove nothing, so that is looked at as well.
                    let end = batch.lockedUntil + .seconds(2)
                    var renewed = ContinuousClock.now
                    while .now < end {
                        #expect(try await quick.poll(within: .milliseconds(300)) == nil)
                        guard .now - renewed < .seconds(1.5) else { return }
                        renewed = .now
                        let results = try await slow.renew(record)
                        #expect(results.count == 1)
                        for result in results { try result.result.get() }
                    }
                    slow.acknowledge(record, .accept)
                    for result in try await slow.commit() { try result.result.get() }
                    #expect(try await quick.poll(within: .milliseconds(300)) == nil)
                    #expect(try await slow.renew(record).isEmpty, "it is not ours any more")
                }
            }
        }
    }

    @Test("what a member that dies had in hand goes to others at once")
    func death() async throws {
        try await ShareWorld.run { client in
            try await ShareWorld.produce(0..<10, client)
            let killed = try await ShareWorld.withMember(ShareWorld.configuration(.explicit), client) {
                consumer in
                let batch = try #require(try await consumer.poll(within: ShareConsumer.patience))
                consumer.acknowledge(try #require(batch.first { _ in true }), .accept)
                _ = try await consumer.commit()
                consumer.pool.close()
                return batch.count
            }
            #expect(killed == 10)
            try await client.withShareConsumer(ShareWorld.configuration()) { consumer in
                let taken = try await consumer.take(9, .accept)
                #expect(taken.map(\.number).sorted() == Array(1..<10))
                #expect(taken.allSatisfy { $0.deliveryCount == 2 })
            }
        }
    }

    @Test("with explicit completion nothing more comes before all is spoken of")
    func explicit() async throws {
        try await ShareWorld.run { client in
            try await ShareWorld.produce(0..<2, client)
            try await client.withShareConsumer(ShareWorld.configuration(.explicit)) { consumer in
                let records = try await consumer.take(2, nil)
                consumer.acknowledge(records[0], .accept)
                let error = await #expect(throws: MartletError.self) { try await consumer.poll() }
                #expect(error?.code == .invalidArgument)
                #expect(error?.message.contains("offset 1 of jobs-0") == true)
                consumer.acknowledge(records[1], .accept)
                #expect(try await consumer.poll(within: .milliseconds(100)) == nil)
            }
        }
    }

    @Test("a body that returns has done all, one that throws gives back what it had")
    func closing() async throws {
        struct Trouble: Error {}
        try await ShareWorld.run { client in
            try await ShareWorld.produce(0..<4, client)
            await #expect(throws: Trouble.self) {
                try await client.withShareConsumer(ShareWorld.configuration()) { consumer in
                    let records = try await consumer.take(4, nil)
                    consumer.acknowledge(records[0], .accept)
                    throw Trouble()
                }
            }
            try await client.withShareConsumer(ShareWorld.configuration()) { consumer in
                let records = try await consumer.take(3, nil)
                #expect(records.map(\.number) == [1, 2, 3])
                #expect(records.allSatisfy { $0.deliveryCount == 2 })
            }
            try await client.withShareConsumer(ShareWorld.configuration()) { consumer in
                let more = try await consumer.poll(within: .milliseconds(300))
                #expect(more == nil)
            }
        }
    }

    @Test("records come one at a time, and a loop that breaks off leaves the rest to the next")
    func records() async throws {
        try await ShareWorld.run { client in
            try await ShareWorld.produce(0..<10, client)
            try await client.withShareConsumer(ShareWorld.configuration()) { consumer in
                var numbers: [Int] = []
                for try await record in consumer.records {
                    numbers.append(record.number)
                    if numbers.count == 3 { break }
                }
                let rest = try #require(try await consumer.poll(within: ShareConsumer.patience))
                #expect(rest.map(\.number) == Array(3..<10))
                #expect(rest.firstOffset == 3)
                #expect(rest.count == 7)
                numbers += rest.map(\.number)
                #expect(numbers == Array(0..<10))
            }
            try await client.withShareConsumer(ShareWorld.configuration()) { consumer in
                let more = try await consumer.poll(within: .milliseconds(300))
                #expect(more == nil)
            }
        }
    }

    @Test("a cancelled poll ends at once, and the records that were on their way come with the next one")
    func cancellation() async throws {
        try await ShareWorld.run { client in
            var configuration = ShareWorld.configuration()
            configuration.maximumWait = .seconds(20)
            try await client.withShareConsumer(configuration) { consumer in
                let poll = Task { try await consumer.poll() }
                while consumer.assignment.isEmpty { try await Task.sleep(for: .milliseconds(10)) }
                try await Task.sleep(for: .milliseconds(100))
                poll.cancel()
                let error = await #expect(throws: MartletError.self) { try await poll.value }
                #expect(error?.code == .cancelled)
                try await ShareWorld.produce(0..<3, client)
                let records = try await consumer.take(3, nil)
                #expect(records.map(\.number) == [0, 1, 2])
                #expect(records.allSatisfy { $0.deliveryCount == 1 })
            }
        }
    }

    @Test("answers to acknowledgements come as a stream, which ends with the consumer")
    func results() async throws {
        try await ShareWorld.run { client in
            try await ShareWorld.produce(0..<6, client)
            let consumer = try client.makeShareConsumer(ShareWorld.configuration())
            let results = consumer.acknowledgementResults
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await consumer.run() }
                for record in try await consumer.take(6, nil) {
                    consumer.acknowledge(record, record.number % 2 == 0 ? .accept : .reject)
                }
                // Nobody polls or commits: they are sent by themselves.
                var iterator = results.makeAsyncIterator()
                let first = try #require(await iterator.next())
                #expect(first.partition == TopicPartition("jobs", 0))
                #expect(first.offsets.map(\.lowerBound).min() == 0)
                try first.result.get()
                group.cancelAll()
                try await group.waitForAll()
                while await iterator.next() != nil {}
            }
        }
    }

    @Test("a group that may not be is an error that says why, and so is a broker without share groups")
    func refused() async throws {
        #expect(throws: MartletError.self) {
            try ShareConsumerConfiguration(group: "", topics: "jobs").validate()
        }
        try await ModelBroker.run { _, client in
            let error = await #expect(throws: MartletError.self) {
                try await client.withShareConsumer(ShareWorld.configuration()) { try await $0.poll() }
            }
            #expect(error?.code == .unsupportedByBroker)
            #expect(error?.message.contains("ShareGroupHeartbeat") == true)
        }
    }
}
