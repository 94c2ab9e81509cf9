import Martlet
import MartletCore
import MartletTransport
import MartletWire
import NIOCore
import Testing

@Suite("Readers and administrators whose calls are cancelled at any point", .timeLimit(.minutes(3)))
struct ReaderCancellationTests {
    private static func texts(_ batch: ConsumerBatch?) -> [String] {
        batch.map { $0.map { $0.value.map(String.init(decoding:)) ?? "" } } ?? []
    }

    @Test("poll: what a cancelled one does not hand out, the next one does")
    func poll() async throws {
        try await withFaults { scene in
            try await scene.witness.admin.createTopic("t")
            try await ConsumerFaultTests.fill(scene, "t", 0..<2_000)
            var configuration = ConsumerConfiguration()
            configuration.maximumPartitionFetchBytes = 1
            configuration.prefetchBytes = 1
            configuration.maximumWait = .milliseconds(10)
            let consumer = try scene.client.makeConsumer(configuration)
            defer { consumer.close() }
            try await consumer.assign(topic: "t", from: .beginning)
            var values: [String] = []
            for _ in 0..<10 {
                try await CancellationSweep().run { _ in
                    try await consumer.poll()
                } check: { _, batch in
                    values += Self.texts(batch ?? nil)
                }
            }
            #expect(values == (0..<values.count).map { "\($0)" })
            #expect(values.count > 10)
        }
    }

    @Test("assign and the first poll of a new client")
    func firstPoll() async throws {
        try await withFaults { scene in
            try await scene.witness.admin.createTopic("t")
            try await ConsumerFaultTests.fill(scene, "t", 0..<10)
            let configuration = scene.client.configuration
            try await CancellationSweep().run { _ in
                try await MartletClient.with(configuration) { client in
                    try await client.withConsumer { consumer in
                        try await consumer.assign(topic: "t", from: .last(3))
                        return Self.texts(try await consumer.poll())
                    }
                }
            } check: { _, values in
                #expect(values == nil || values?.last == "9")
            }
            try await scene.wait("connections are left behind") { scene.proxy.connectionCount == 0 }
        }
    }

    @Test("a loop over records ends with its task, also while nothing comes")
    func records() async throws {
        try await withFaults { scene in
            try await scene.witness.admin.createTopic("t")
            try await ConsumerFaultTests.fill(scene, "t", 0..<10)
            let client = scene.client
            for limit in [3, 10] {
                let task = Task {
                    var count = 0
                    try await client.withConsumer { consumer in
                        try await consumer.assign(topic: "t", from: .beginning)
                        for try await _ in consumer.records {
                            count += 1
                            if count == limit { withUnsafeCurrentTask { $0?.cancel() } }
                        }
                    }
                }
                let began = ContinuousClock.now
                let result = await task.result
                #expect(ContinuousClock.now - began < CancellationSweep.bound)
                if case .failure(let error) = result {
                    #expect((error as? MartletError)?.code == .cancelled)
                }
            }
        }
    }

    @Test("withGroupConsumer: the group forgets the member at once", arguments: GroupProtocol.allCases)
    func groupConsumer(groupProtocol: GroupProtocol) async throws {
        try await withFaults(settings: GroupFaultTests.settings) { scene in
            try await scene.witness.admin.createTopic("t", partitions: 2)
            try await ConsumerFaultTests.fill(scene, "t", 0..<20)
            let client = scene.client
            var configuration = GroupFaultTests.member(groupProtocol)
            // Far longer than the test: whoever does not say goodbye is seen.
            configuration.sessionTimeout = .seconds(600)
            configuration.autoCommitInterval = nil
            let member = configuration
            try await CancellationSweep(limit: 60).run { _ in
                try await client.withGroupConsumer(member) { consumer in
                    guard let batch = try await consumer.poll() else { return }
                    try await consumer.commit([batch.partition: 0])
                }
            } check: { number, _ in
                guard number % 10 == 0 else { return }
                try await scene.wait("a cancelled member is still in its group") {
                    guard let group = try? await scene.witness.admin.describeGroup("g") else { return true }
                    return group.members.isEmpty
                }
            }
        }
    }

    @Test("a commit that nobody answers ends when its task does", arguments: GroupProtocol.allCases)
    func commit(groupProtocol: GroupProtocol) async throws {
        try await withFaults(settings: GroupFaultTests.settings) { scene in
            try await scene.witness.admin.createTopic("t")
            try await ConsumerFaultTests.fill(scene, "t", 0..<20)
            scene.proxy.on(OffsetCommitRequest.self, first: .max, .unheard)
            let client = scene.client
            let task = Task {
                try await client.withGroupConsumer(GroupFaultTests.member(groupProtocol)) { consumer in
                    while try await consumer.poll(within: .milliseconds(50)) == nil {}
                    try await consumer.commit()
                }
            }
            try await scene.wait("no commit was sent") { scene.proxy.count(of: .offsetCommit) > 0 }
            let began = ContinuousClock.now
            task.cancel()
            let result = await task.result
            #expect(ContinuousClock.now - began < CancellationSweep.bound)
            #expect(throws: MartletError.self) { try result.get() }
        }
    }

    @Test("a commit that is cancelled leaves the member as it was", arguments: GroupProtocol.allCases)
    func commitAlone(groupProtocol: GroupProtocol) async throws {
        try await withFaults(settings: GroupFaultTests.settings) { scene in
            try await scene.witness.admin.createTopic("t")
            try await ConsumerFaultTests.fill(scene, "t", 0..<20)
            let partition = TopicPartition("t", 0)
            try await scene.client.withGroupConsumer(GroupFaultTests.member(groupProtocol)) { consumer in
                while try await consumer.poll(within: .milliseconds(50)) == nil {}
                try await CancellationSweep().run { number in
                    try await consumer.commit([partition: Offset(rawValue: Int64(number % 20))])
                } check: { number, _ in
                    try await consumer.commit([partition: Offset(rawValue: Int64((number + 1) % 20))])
                }
            }
        }
    }

    @Test("administration and connecting")
    func administration() async throws {
        try await withFaults { scene in
            let configuration = scene.client.configuration
            try await CancellationSweep().run { (number) async throws -> Offset? in
                try await MartletClient.with(configuration) { client in
                    let name = TopicName("t\(number)")
                    try await client.admin.createTopic(name)
                    _ = try await client.admin.listTopics()
                    _ = try await client.admin.describeTopic(name)
                    _ = try await client.admin.listGroups()
                    return try await client.admin.offset(of: TopicPartition(name, 0), .end).offset
                }
            } check: { _, offset in
                #expect(offset == nil || offset == .some(Offset(0)))
            }
            try await scene.wait("connections are left behind") { scene.proxy.connectionCount == 0 }
        }
    }
}
