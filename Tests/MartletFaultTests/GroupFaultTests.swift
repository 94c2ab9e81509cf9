import Martlet
import MartletCore
import MartletTransport
import MartletWire
import NIOCore
import Testing

@Suite("A member of a group while its coordinator fails", .timeLimit(.minutes(3)))
struct GroupFaultTests {
    private static let count = 60
    private static let all = Set((0..<count).map { "\($0)" })
    static let settings = [
        "group.initial.rebalance.delay.ms": "0", "group.consumer.heartbeat.interval.ms": "50",
        "group.consumer.min.heartbeat.interval.ms": "50", "group.min.session.timeout.ms": "500",
        "group.consumer.min.session.timeout.ms": "500", "group.consumer.session.timeout.ms": "10000",
    ]

    static func member(_ groupProtocol: GroupProtocol, _ topic: TopicName = "t") -> GroupConsumerConfiguration
    {
        var configuration = GroupConsumerConfiguration(group: "g", topics: topic)
        configuration.groupProtocol = groupProtocol
        configuration.heartbeatInterval = .milliseconds(50)
        configuration.sessionTimeout = .seconds(10)
        configuration.autoCommitInterval = .milliseconds(50)
        configuration.reader.maximumWait = .milliseconds(20)
        configuration.reader.maximumPartitionFetchBytes = 200
        return configuration
    }

    /// Reads until every record has come, however often, and the heartbeats had time for all misfortunes.
    private static func readAll(
        _ consumer: GroupConsumer, atLeast duration: Duration = .zero,
        meanwhile: (Int) async throws -> Void = { _ in }
    ) async throws -> Set<String> {
        var seen: Set<String> = []
        let began = ContinuousClock.now
        while seen != all || ContinuousClock.now - began < duration,
            ContinuousClock.now - began < .seconds(60)
        {
            guard let batch = try await consumer.poll(within: .milliseconds(50)) else { continue }
            for record in batch { seen.insert(record.value.map(String.init(decoding:)) ?? "") }
            try await meanwhile(seen.count)
        }
        return seen
    }

    /// What came before the member lost its place may come again: goes on until nothing is left to come.
    private static func pollUntilStored(_ consumer: GroupConsumer, _ scene: FaultScene) async throws {
        try await scene.wait("something of the topic is never stored") {
            _ = try await consumer.poll(within: .milliseconds(20))
            return try await isAllStored(scene)
        }
    }

    /// Not by the lag: a partition that nobody has just now and that nothing is stored for has none.
    private static func isAllStored(_ scene: FaultScene) async throws -> Bool {
        let offsets = try await scene.witness.admin.groupOffsets(of: "g")
        return offsets.values.reduce(0) { $0 + $1.offset.rawValue } == Int64(count)
    }

    /// A member reads everything in spite of what `script` does, and leaves nothing for the next one.
    private static func expectAllDone(
        _ groupProtocol: GroupProtocol, brokers: Int = 1, atLeast duration: Duration = .milliseconds(500),
        meanwhile: (FaultScene, Int) async throws -> Void = { _, _ in },
        _ script: (FaultScene) async throws -> Void
    ) async throws {
        try await withFaults(brokers: brokers, settings: settings) { scene in
            try await scene.witness.admin.createTopic("t", partitions: 2)
            try await ConsumerFaultTests.fill(scene, "t", 0..<count)
            try await script(scene)
            try await scene.client.withGroupConsumer(member(groupProtocol)) { consumer in
                let seen = try await readAll(consumer, atLeast: duration) { try await meanwhile(scene, $0) }
                #expect(seen == all)
                scene.proxies.forEach { $0.calm() }
                try await pollUntilStored(consumer, scene)
            }
            #expect(try await Self.isAllStored(scene))
        }
    }

    private static let passing: [ErrorCode] = [
        .coordinatorLoadInProgress, .coordinatorNotAvailable, .notCoordinator,
    ]

    @Test(
        "a classic member gets over every error that has a next step",
        arguments: [
            (APIKey.joinGroup, passing + [.unknownMemberID, .rebalanceInProgress]),
            (.syncGroup, passing + [.unknownMemberID, .rebalanceInProgress, .illegalGeneration]),
            (.heartbeat, passing + [.unknownMemberID, .rebalanceInProgress, .illegalGeneration]),
            (.offsetFetch, passing + [.unstableOffsetCommit]),
            (.offsetCommit, passing + [.requestTimedOut]),
        ])
    func classic(api: APIKey, codes: [ErrorCode]) async throws {
        for code in codes {
            try await Self.expectAllDone(.classic) { scene in try Self.refuse(api, with: code, scene.proxy) }
        }
    }

    @Test(
        "a member of the new protocol gets over every error that has a next step",
        arguments: [
            (APIKey.consumerGroupHeartbeat, passing + [.unknownMemberID, .fencedMemberEpoch]),
            (.offsetFetch, passing + [.unstableOffsetCommit, .staleMemberEpoch]),
            (.offsetCommit, passing + [.staleMemberEpoch, .requestTimedOut]),
        ])
    func consumer(api: APIKey, codes: [ErrorCode]) async throws {
        for code in codes {
            try await Self.expectAllDone(.consumer) { scene in try Self.refuse(api, with: code, scene.proxy) }
        }
    }

    /// The second request of an API fails, and two more later on.
    private static func refuse(_ api: APIKey, with code: ErrorCode, _ proxy: FaultProxy) throws {
        func refuse<Request: Refusable>(_: Request.Type) {
            proxy.on(Request.self) { request, index in
                [0, 2, 5].contains(index) ? .answer(request.refused(code)) : .pass
            }
        }
        switch api {
        case .joinGroup: refuse(JoinGroupRequest.self)
        case .syncGroup: refuse(SyncGroupRequest.self)
        case .heartbeat: refuse(HeartbeatRequest.self)
        case .offsetFetch: refuse(OffsetFetchRequest.self)
        case .offsetCommit: refuse(OffsetCommitRequest.self)
        case .consumerGroupHeartbeat: refuse(ConsumerGroupHeartbeatRequest.self)
        default: throw UnknownAPI(key: api)
        }
    }

    @Test("an error without a next step ends polling with it", arguments: GroupProtocol.allCases)
    func fatal(groupProtocol: GroupProtocol) async throws {
        try await withFaults(settings: Self.settings) { scene in
            try await scene.witness.admin.createTopic("t")
            let code = ErrorCode.groupAuthorizationFailed
            scene.proxy.refuse(JoinGroupRequest.self, with: code)
            scene.proxy.refuse(ConsumerGroupHeartbeatRequest.self, with: code)
            let error = await #expect(throws: MartletError.self) {
                try await scene.client.withGroupConsumer(Self.member(groupProtocol)) { consumer in
                    _ = try await consumer.poll(within: .seconds(30))
                }
            }
            #expect(error?.code == .broker(code))
            #expect(error?.isRetriable == false)
        }
    }

    @Test("the coordinator moves while a member reads and commits", arguments: GroupProtocol.allCases)
    func coordinatorMoves(groupProtocol: GroupProtocol) async throws {
        var moved = 0
        try await Self.expectAllDone(
            groupProtocol, brokers: 2, atLeast: .seconds(1),
            meanwhile: { scene, count in
                guard count / 15 > moved else { return }
                moved += 1
                scene.faces.moveCoordinators(to: BrokerID(rawValue: Int32(1 + moved % 2)))
            }
        ) { _ in
        }
        #expect(moved > 1)
    }

    @Test("cut connections cost a member nothing but time", arguments: GroupProtocol.allCases, 0..<3)
    func cuts(groupProtocol: GroupProtocol, kind: Int) async throws {
        let sentences: [Sentence] = [.cutBefore, .cutAfter, .damaged(.half)]
        try await Self.expectAllDone(groupProtocol, atLeast: .seconds(1)) { scene in
            scene.proxy.onEverything { exchange in
                exchange.header.key != .apiVersions && exchange.index % 4 == 2 ? sentences[kind] : .pass
            }
        }
    }

    @Test(
        "a member whose heartbeats get lost loses its place, and comes back",
        arguments: GroupProtocol.allCases)
    func sessionLost(groupProtocol: GroupProtocol) async throws {
        try await withFaults(settings: Self.settings) { configuration in
            configuration.requestTimeout = .milliseconds(700)
        } _: { scene in
            try await scene.witness.admin.createTopic("t", partitions: 2)
            try await scene.client.withGroupConsumer(Self.member(groupProtocol)) { consumer in
                try await scene.wait("the member never joined") {
                    _ = try await consumer.poll(within: .milliseconds(20))
                    return consumer.assignment.count == 2
                }
                scene.proxy.on(HeartbeatRequest.self, first: .max, .unheard)
                scene.proxy.on(ConsumerGroupHeartbeatRequest.self, first: .max, .unheard)
                try await scene.wait("the group kept a silent member") {
                    _ = try await consumer.poll(within: .milliseconds(20))
                    return try await scene.witness.admin.describeGroup("g").members.isEmpty
                }
                scene.proxy.calm()
                try await ConsumerFaultTests.fill(scene, "t", 0..<Self.count)
                #expect(try await Self.readAll(consumer) == Self.all)
                try await Self.pollUntilStored(consumer, scene)
            }
            #expect(try await Self.isAllStored(scene))
        }
    }

    @Test("a commit that is refused tells so, and the records come again", arguments: GroupProtocol.allCases)
    func refusedCommit(groupProtocol: GroupProtocol) async throws {
        try await withFaults(settings: Self.settings) { scene in
            try await scene.witness.admin.createTopic("t", partitions: 2)
            try await ConsumerFaultTests.fill(scene, "t", 0..<Self.count)
            var configuration = Self.member(groupProtocol)
            configuration.autoCommitInterval = nil
            scene.proxy.refuse(OffsetCommitRequest.self, with: .unknownMemberID)
            try await scene.client.withGroupConsumer(configuration) { consumer in
                _ = try await Self.readAll(consumer)
                let error = await #expect(throws: MartletError.self) { try await consumer.commit() }
                #expect(error?.code == .broker(.unknownMemberID))
            }
            scene.proxy.calm()
            try await scene.client.withGroupConsumer(configuration) { consumer in
                #expect(try await Self.readAll(consumer) == Self.all)
                try await consumer.commit()
            }
            #expect(try await Self.isAllStored(scene))
        }
    }

    @Test("a topic that is created after its reader has joined is read", arguments: GroupProtocol.allCases)
    func topicCreatedLater(groupProtocol: GroupProtocol) async throws {
        try await withFaults(settings: Self.settings) { configuration in
            configuration.metadataMaximumAge = .milliseconds(300)
        } _: { scene in
            try await scene.client.withGroupConsumer(Self.member(groupProtocol)) { consumer in
                for _ in 0..<5 { #expect(try await consumer.poll(within: .milliseconds(50)) == nil) }
                try await scene.witness.admin.createTopic("t", partitions: 2)
                try await ConsumerFaultTests.fill(scene, "t", 0..<Self.count)
                #expect(try await Self.readAll(consumer) == Self.all)
            }
        }
    }
}
