import Martlet
import MartletCore
import MartletTransport
import MartletWire
import NIOCore
import Testing

@Suite("A consumer while its broker fails", .timeLimit(.minutes(2)))
struct ConsumerFaultTests {
    private static let count = 300
    private static let numbers = (0..<count).map { "\($0)" }

    /// Small fetches, so that there are many.
    private static func small() -> ConsumerConfiguration {
        var configuration = ConsumerConfiguration()
        configuration.maximumPartitionFetchBytes = 400
        configuration.prefetchBytes = 1_000
        configuration.maximumWait = .milliseconds(50)
        return configuration
    }

    /// Puts numbers in a topic, past the proxy.
    static func fill(_ scene: FaultScene, _ topic: TopicName = "t", _ range: Range<Int> = 0..<count)
        async throws
    {
        var configuration = ProducerConfiguration()
        configuration.batchBytes = 200
        configuration.linger = .zero
        try await scene.witness.withProducer(configuration) { producer in
            for number in range {
                try await producer.enqueue(ProducerRecord(topic: topic, value: Bytes("\(number)")))
                if number % 10 == 9 { try await producer.flush() }
            }
        }
    }

    /// Reads until there are as many records as wanted.
    private static func read(
        _ consumer: Consumer, count: Int = count, meanwhile: (Int) async throws -> Void = { _ in },
        tolerating: (MartletError) -> Bool = { _ in false }
    ) async throws -> [String] {
        var values: [String] = []
        let deadline = ContinuousClock.now + .seconds(60)
        while values.count < count, ContinuousClock.now < deadline {
            do {
                guard let batch = try await consumer.poll(within: .seconds(1)) else { continue }
                values += batch.map { $0.value.map(String.init(decoding:)) ?? "" }
                try await meanwhile(values.count)
            } catch let error as MartletError {
                guard tolerating(error) else { throw error }
            }
        }
        return values
    }

    /// Lets a consumer read everything through the proxy, once `script` is set.
    private static func expectAllOnce(
        brokers: Int = 1, _ configure: (inout ClientConfiguration) -> Void = { _ in },
        meanwhile: (FaultScene, Int) async throws -> Void = { _, _ in },
        tolerating: (MartletError) -> Bool = { _ in false }, _ script: (FaultScene) async throws -> Void
    ) async throws {
        try await withFaults(brokers: brokers, configure) { scene in
            try await scene.witness.admin.createTopic("t")
            try await fill(scene)
            try await script(scene)
            try await scene.client.withConsumer(small()) { consumer in
                try await consumer.assign(topic: "t", from: .beginning)
                let values = try await read(
                    consumer, meanwhile: { try await meanwhile(scene, $0) }, tolerating: tolerating)
                #expect(values == numbers)
            }
        }
    }

    @Test(
        "an error that may pass neither loses nor repeats records",
        arguments: [
            ErrorCode.notLeaderOrFollower, .leaderNotAvailable, .unknownTopicOrPartition, .kafkaStorageError,
            .unknownLeaderEpoch, .fencedLeaderEpoch, .offsetNotAvailable, .unknownTopicID,
            .replicaNotAvailable,
            .inconsistentTopicID, .requestTimedOut, .networkException, .throttlingQuotaExceeded,
        ], [1, 4])
    func retriable(code: ErrorCode, times: Int) async throws {
        try await Self.expectAllOnce { scene in
            scene.proxy.on(FetchRequest.self) { request, index in
                index % 4 < times && index < 8 * times ? .answer(request.refused(code)) : .pass
            }
        }
    }

    @Test(
        "an error of the whole fetch passes too",
        arguments: [ErrorCode.fetchSessionIDNotFound, .invalidFetchSessionEpoch, .fetchSessionTopicIDError])
    func sessions(code: ErrorCode) async throws {
        try await Self.expectAllOnce { scene in
            scene.proxy.on(FetchRequest.self) { _, index in
                index % 4 == 1 ? .answer(FetchResponse { $0.errorCode = code }) : .pass
            }
        }
    }

    @Test("an error that stays is told, and polling may go on after it is gone")
    func permanent() async throws {
        try await Self.expectAllOnce(tolerating: { $0.code == .broker(.topicAuthorizationFailed) }) { scene in
            scene.proxy.on(FetchRequest.self) { request, index in
                index == 1 || index == 3 ? .answer(request.refused(.topicAuthorizationFailed)) : .pass
            }
        }
    }

    @Test(
        "where to begin is asked for until somebody says",
        arguments: [
            ErrorCode.notLeaderOrFollower, .leaderNotAvailable, .unknownTopicOrPartition, .unknownLeaderEpoch,
            .offsetNotAvailable, .kafkaStorageError,
        ])
    func listOffsets(code: ErrorCode) async throws {
        try await Self.expectAllOnce { scene in
            scene.proxy.refuse(ListOffsetsRequest.self, first: 3, with: code)
        }
    }

    @Test("connections that are cut, early or late, neither lose nor repeat records", arguments: 0..<3)
    func cuts(kind: Int) async throws {
        try await Self.expectAllOnce { scene in
            let fates: [Fate<FetchRequest>] = [.cutBefore, .cutAfter, .late(.milliseconds(30))]
            scene.proxy.on(FetchRequest.self) { _, index in index % 3 == 1 ? fates[kind] : .pass }
        }
    }

    @Test("a response that is damaged or cut in its middle is fetched again", arguments: Damage.allCases)
    func damage(_ damage: Damage) async throws {
        // An answer that makes no sense is told to the caller, who may poll again.
        let isTold = [Damage.garbage, .truncated, .oversize, .noise].contains(damage)
        try await Self.expectAllOnce { configuration in
            configuration.requestTimeout = .milliseconds(500)
            configuration.maximumResponseBytes = 64 << 20
        } tolerating: { error in
            isTold && error.code == .protocolViolation
        } _: { scene in
            scene.proxy.on(FetchRequest.self) { _, index in index % 5 == 2 ? .damaged(damage) : .pass }
        }
    }

    @Test("a bit that flips on the way is told, and the records come after all")
    func corrupt() async throws {
        var isTold = false
        try await Self.expectAllOnce(tolerating: { error in
            isTold = error.code == .corruptRecords
            return isTold
        }) { scene in
            scene.proxy.on(FetchRequest.self) { _, index in
                guard index == 1 else { return .pass }
                return .edited { response in
                    guard case .bytes(let bytes)? = response.topics.first?.partitions.first?.records,
                        bytes.count > 70
                    else { return }
                    var damaged = Array(bytes)
                    damaged[66] ^= 0x10
                    response.topics[0].partitions[0].records = .bytes(Bytes(damaged))
                }
            }
        }
        #expect(isTold)
    }

    @Test("the leader moves while the consumer reads", arguments: [true, false])
    func leaderMoves(isKnown: Bool) async throws {
        var moved = 0
        try await Self.expectAllOnce(
            brokers: 2,
            meanwhile: { scene, count in
                guard count / 60 > moved else { return }
                moved += 1
                scene.faces.moveLeader(
                    of: TopicPartition("t", 0), to: BrokerID(rawValue: Int32(1 + moved % 2)), isKnown: isKnown
                )
                if !isKnown {
                    try await Task.sleep(for: .milliseconds(30))
                    scene.faces.spreadNews()
                }
            }
        ) { _ in
        }
        #expect(moved > 2)
    }

    @Test(
        "where the log of a new leader ends is asked for until somebody says",
        arguments: [
            ErrorCode.unknownLeaderEpoch, .fencedLeaderEpoch, .notLeaderOrFollower, .leaderNotAvailable,
            .unknownTopicOrPartition, .offsetNotAvailable, .kafkaStorageError,
        ])
    func epochEnds(code: ErrorCode) async throws {
        var moved = 0
        try await Self.expectAllOnce(
            meanwhile: { scene, count in
                guard count / 100 > moved, count < Self.count else { return }
                moved += 1
                scene.faces.moveLeader(of: TopicPartition("t", 0), to: Face.first)
                if moved == 2 { #expect(scene.proxy.count(of: .offsetForLeaderEpoch) > 3) }
            }
        ) { scene in
            scene.proxy.refuse(OffsetForLeaderEpochRequest.self, first: 3, with: code)
        }
        #expect(moved == 2)
    }

    @Test("a broker that is gone for a while and comes back")
    func downAndBack() async throws {
        var stops = 0
        try await Self.expectAllOnce(meanwhile: { scene, count in
            guard count / 100 > stops, stops < 2 else { return }
            stops += 1
            try await scene.proxy.stop()
            try await Task.sleep(for: .milliseconds(300))
            try await scene.proxy.start()
        }) { _ in
        }
    }

    @Test("a partition that is out of reach for too long is told, and read when it is back")
    func unavailable() async throws {
        try await withFaults { scene in
            try await scene.witness.admin.createTopic("t")
            try await Self.fill(scene)
            scene.proxy.refuse(FetchRequest.self, with: .leaderNotAvailable)
            var configuration = Self.small()
            configuration.unavailabilityTimeout = .milliseconds(300)
            try await scene.client.withConsumer(configuration) { consumer in
                try await consumer.assign(topic: "t", from: .beginning)
                let error = await #expect(throws: MartletError.self) { try await consumer.poll() }
                #expect(error?.code == .broker(.leaderNotAvailable))
                scene.proxy.calm()
                #expect(try await Self.read(consumer, tolerating: { $0.isRetriable }) == Self.numbers)
            }
        }
    }

    @Test("records that were deleted under the consumer are skipped, or told of")
    func outOfRange() async throws {
        try await withFaults { scene in
            try await scene.witness.admin.createTopic("t")
            try await Self.fill(scene)
            let partition = TopicPartition("t", 0)
            _ = try await scene.witness.admin.deleteRecords(of: partition, before: 100)
            var configuration = Self.small()
            for (reset, first) in [(OffsetReset.beginning, 100), (.end, nil), (.fail, nil)] {
                configuration.offsetReset = reset
                try await scene.client.withConsumer(configuration) { consumer in
                    try await consumer.assign([partition: .offset(50)])
                    if reset == .fail {
                        let error = await #expect(throws: MartletError.self) { try await consumer.poll() }
                        #expect(error?.code == .offsetOutOfRange)
                        #expect(consumer.position(of: partition) == 50)
                        return
                    }
                    let time = Duration.milliseconds(reset == .end ? 500 : 30_000)
                    let batch = try await consumer.poll(within: time)
                    #expect(batch.map { Int($0.firstOffset.rawValue) } == first)
                }
            }
        }
    }
}
