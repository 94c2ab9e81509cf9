import Martlet
import MartletCore
import MartletTransport
import MartletWire
import NIOCore
import Testing

@Suite("A producer while its broker fails", .timeLimit(.minutes(2)))
struct ProducerFaultTests {
    /// Many small batches, so that several are always on their way.
    static func small() -> ProducerConfiguration {
        var configuration = ProducerConfiguration()
        configuration.batchBytes = 256
        configuration.linger = .zero
        return configuration
    }

    /// Sends numbers, waits for each acknowledgement, and compares with what the broker has.
    private static func expectAllOnce(
        _ scene: FaultScene, count: Int = 200, _ configuration: ProducerConfiguration = small(),
        meanwhile: (Int) async throws -> Void = { _ in }, _ hint: Comment? = nil
    ) async throws {
        try await scene.witness.admin.createTopic("t")
        try await scene.client.withProducer(configuration) { producer in
            for number in 0..<count {
                let record = ProducerRecord(topic: "t", value: Bytes("\(number)"))
                if number % 50 == 25 {
                    try await producer.send(record)
                } else {
                    try await producer.enqueue(record)
                }
                try await meanwhile(number)
            }
            try await producer.flush()
        }
        #expect(try await scene.values(of: "t") == (0..<count).map { "\($0)" }, hint)
    }

    @Test(
        "an error that may pass costs no record, and none its place",
        arguments: [
            ErrorCode.notLeaderOrFollower, .leaderNotAvailable, .unknownTopicOrPartition, .kafkaStorageError,
            .notEnoughReplicas, .networkException, .corruptMessage, .fencedLeaderEpoch, .unknownLeaderEpoch,
            .unknownTopicID, .requestTimedOut, .throttlingQuotaExceeded,
        ], [1, 4])
    func retriable(code: ErrorCode, times: Int) async throws {
        try await withFaults { scene in
            scene.proxy.refuse(ProduceRequest.self, first: times, with: code)
            try await Self.expectAllOnce(scene)
        }
    }

    @Test("errors among successes keep the order")
    func scattered() async throws {
        try await withFaults { scene in
            scene.proxy.on(ProduceRequest.self) { request, index in
                index % 3 == 1 ? .answer(request.refused(.notLeaderOrFollower)) : .pass
            }
            try await Self.expectAllOnce(scene)
        }
    }

    @Test(
        "an error that stays is told at once, and the producer goes on",
        arguments: [
            ErrorCode.topicAuthorizationFailed, .messageTooLarge, .invalidRequiredAcks, .invalidRecord,
            .policyViolation,
        ])
    func permanent(code: ErrorCode) async throws {
        try await withFaults { scene in
            try await scene.witness.admin.createTopic("t")
            scene.proxy.refuse(ProduceRequest.self, first: 1, with: code)
            try await scene.client.withProducer { producer in
                let error = await #expect(throws: MartletError.self) {
                    try await producer.send(ProducerRecord(topic: "t", value: "lost"))
                }
                #expect(error?.isRetriable == false)
                let place = try await producer.send(ProducerRecord(topic: "t", value: "kept"))
                #expect(place.offset == 0)
            }
            #expect(try await scene.values(of: "t") == ["kept"])
        }
    }

    @Test(
        "a connection that is cut before or after the broker has the records repeats none", arguments: 0..<3)
    func cuts(kind: Int) async throws {
        try await withFaults { scene in
            let fates: [Fate<ProduceRequest>] = [.cutBefore, .cutAfter, .ghost(.milliseconds(20))]
            scene.proxy.on(ProduceRequest.self) { _, index in index % 5 == 3 ? fates[kind] : .pass }
            try await Self.expectAllOnce(scene)
            #expect(scene.proxy.with { $0.accepted } > 3, "the script cut no connection")
        }
    }

    @Test("an answer that is damaged does not repeat what it was about", arguments: Damage.allCases)
    func damage(_ damage: Damage) async throws {
        try await withFaults { configuration in
            configuration.requestTimeout = .milliseconds(500)
        } _: { scene in
            scene.proxy.on(ProduceRequest.self, first: 2, .damaged(damage))
            try await Self.expectAllOnce(scene)
        }
    }

    @Test("damaged answers to anything else are asked for again", arguments: Damage.allCases)
    func damagedMetadata(_ damage: Damage) async throws {
        try await withFaults { configuration in
            configuration.requestTimeout = .milliseconds(500)
            configuration.connectTimeout = .milliseconds(500)
        } _: { scene in
            // An answer that makes no sense will make none the next time, and is told at once.
            guard ![.garbage, .truncated, .noise, .oversize].contains(damage) else { return }
            scene.proxy.on(ApiVersionsRequest.self, first: 1, .damaged(damage))
            scene.proxy.on(MetadataRequest.self, first: 1, .damaged(damage))
            scene.proxy.on(InitProducerIDRequest.self, first: 1, .damaged(damage))
            try await Self.expectAllOnce(scene, count: 10)
        }
    }

    @Test("answers later than the request's time repeat nothing")
    func late() async throws {
        try await withFaults { configuration in
            configuration.requestTimeout = .milliseconds(300)
        } _: { scene in
            scene.proxy.on(ProduceRequest.self) { _, index in index < 3 ? .late(.milliseconds(600)) : .pass }
            try await Self.expectAllOnce(scene)
        }
    }

    @Test("the leader moves while batches are on their way", arguments: [true, false])
    func leaderMoves(isKnown: Bool) async throws {
        try await withFaults(brokers: 2) { scene in
            let partition = TopicPartition("t", 0)
            try await Self.expectAllOnce(scene, count: 400) { number in
                guard number % 50 == 49 else { return }
                let next = BrokerID(rawValue: Int32(1 + (number / 50 + 1) % 2))
                scene.faces.moveLeader(of: partition, to: next, isKnown: isKnown)
                if !isKnown {
                    try await Task.sleep(for: .milliseconds(30))
                    scene.faces.spreadNews()
                }
            }
            #expect(scene.proxies[1].count(of: .produce) > 0, "the second broker was never asked")
        }
    }

    @Test("a broker that is gone for a while and comes back gets everything, in order")
    func downAndBack() async throws {
        try await withFaults { scene in
            try await Self.expectAllOnce(scene, count: 600) { number in
                if number % 200 == 100 { try await scene.proxy.stop() }
                // Before the next record that is waited for.
                if number % 200 == 120 {
                    try await Task.sleep(for: .milliseconds(400))
                    try await scene.proxy.start()
                }
            }
        }
    }

    @Test(
        "a producer id is asked for until there is one",
        arguments: [ErrorCode.coordinatorLoadInProgress, .coordinatorNotAvailable, .notCoordinator])
    func producerID(code: ErrorCode) async throws {
        try await withFaults { scene in
            scene.proxy.refuse(InitProducerIDRequest.self, first: 3, with: code)
            try await Self.expectAllOnce(scene, count: 10)
        }
    }

    @Test("a producer id that is denied fails the records with the reason")
    func deniedProducerID() async throws {
        try await withFaults { scene in
            try await scene.witness.admin.createTopic("t")
            scene.proxy.refuse(InitProducerIDRequest.self, with: .clusterAuthorizationFailed)
            try await scene.client.withProducer { producer in
                let error = await #expect(throws: MartletError.self) {
                    try await producer.send(ProducerRecord(topic: "t", value: "x"))
                }
                #expect(error?.code == .broker(.clusterAuthorizationFailed))
            }
        }
    }

    @Test("a broker that never answers costs no more than the delivery's time", arguments: [true, false])
    func neverAnswers(arrives: Bool) async throws {
        try await withFaults { configuration in
            configuration.requestTimeout = .milliseconds(200)
        } _: { scene in
            try await scene.witness.admin.createTopic("t")
            scene.proxy.on(ProduceRequest.self, first: .max, arrives ? .unanswered : .unheard)
            var configuration = ProducerConfiguration()
            configuration.deliveryTimeout = .seconds(1)
            let began = ContinuousClock.now
            let error = await #expect(throws: MartletError.self) {
                try await scene.client.withProducer(configuration) { producer in
                    try await producer.send(ProducerRecord(topic: "t", value: "x"))
                }
            }
            #expect(error?.code == .timedOut)
            #expect(error?.isRetriable == true)
            #expect(ContinuousClock.now - began < .seconds(20))
        }
    }

    @Test(
        "what a broker forgot of a producer does not stop it",
        arguments: [
            ErrorCode.unknownProducerID, .outOfOrderSequenceNumber, .invalidProducerEpoch,
        ])
    func forgotten(code: ErrorCode) async throws {
        try await withFaults { scene in
            scene.proxy.on(ProduceRequest.self) { request, index in
                index == 2 ? .answer(request.refused(code)) : .pass
            }
            var configuration = Self.small()
            configuration.maximumInFlight = 1
            try await Self.expectAllOnce(scene, count: 50, configuration)
        }
    }
}
