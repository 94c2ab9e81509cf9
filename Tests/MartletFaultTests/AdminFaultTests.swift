import Martlet
import MartletCore
import MartletTransport
import MartletWire
import NIOCore
import Testing

@Suite("Administration while brokers fail", .timeLimit(.minutes(2)))
struct AdminFaultTests {
    @Test("a controller that has moved is found again")
    func controllerMoves() async throws {
        try await withFaults(brokers: 2) { scene in
            scene.proxies[0].on(CreateTopicsRequest.self) { [faces = scene.faces] request, _ in
                faces.with { $0.controller = BrokerID(rawValue: 2) }
                return .answer(request.refused(.notController))
            }
            try await scene.client.admin.createTopic("t")
            #expect(scene.proxies[1].count(of: .createTopics) == 1)
        }
    }

    @Test("a change whose answer is lost is not made twice, and the caller hears of it")
    func lostAnswer() async throws {
        try await withFaults { scene in
            scene.proxy.on(CreateTopicsRequest.self, first: .max, .cutAfter)
            let error = await #expect(throws: MartletError.self) {
                try await scene.client.admin.createTopic("t")
            }
            #expect(error?.code == .connectionFailed)
            #expect(scene.proxy.count(of: .createTopics) == 1)
            let topics = try await scene.witness.admin.listTopics()
            #expect(topics.map(\.name) == ["t"])
        }
    }

    @Test("questions are asked again after a cut, a damaged answer, and an error that may pass")
    func questions() async throws {
        try await withFaults { configuration in
            configuration.requestTimeout = .milliseconds(500)
        } _: { scene in
            try await scene.witness.admin.createTopic("t")
            let sentences: [Sentence] = [
                .cutBefore, .cutAfter, .damaged(.half), .damaged(.wrongCorrelationID), .damaged(.stuck),
                .unheard,
            ]
            for sentence in sentences {
                scene.proxy.onEverything { exchange in
                    exchange.header.key != .apiVersions && exchange.index % 2 == 0 ? sentence : .pass
                }
                let admin = scene.client.admin
                #expect(try await admin.listTopics().map(\.name) == ["t"])
                #expect(try await admin.offset(of: TopicPartition("t", 0), .end).offset == 0)
                #expect(try await admin.listGroups().isEmpty)
                #expect(try await admin.describeCluster().brokers.count == 1)
            }
            scene.proxy.calm()
            scene.proxy.refuse(FindCoordinatorRequest.self, first: 2, with: .coordinatorNotAvailable)
            scene.proxy.refuse(OffsetFetchRequest.self, first: 2, with: .coordinatorLoadInProgress)
            #expect(try await scene.client.admin.groupOffsets(of: "g").isEmpty)
        }
    }

    @Test("a port that says nothing, hangs up or speaks something else is told of in time", arguments: 0..<4)
    func noBroker(kind: Int) async throws {
        let proxy = FaultProxy(face: Face(id: Face.first, faces: Faces()), upstream: nil)
        try await proxy.start()
        switch kind {
        case 0: proxy.on(ApiVersionsRequest.self, first: .max, .unheard)
        case 1: proxy.on(ApiVersionsRequest.self, first: .max, .cutBefore)
        case 2:
            proxy.onEverything { _ in .answer(Array("HTTP/1.1 400 Bad Request\r\n\r\n".utf8)) }
        default:
            // A broker that serves nothing.
            proxy.on(ApiVersionsRequest.self, first: .max, .answer(ApiVersionsResponse()))
        }
        var configuration = ClientConfiguration(bootstrapServers: [proxy.address])
        configuration.connectTimeout = .milliseconds(300)
        configuration.metadataTimeout = .seconds(1)
        let began = ContinuousClock.now
        let error = await #expect(throws: MartletError.self) {
            try await MartletClient.with(configuration) { _ = try await $0.admin.listTopics() }
        }
        #expect(ContinuousClock.now - began < .seconds(20))
        let codes: [MartletError.Code] = [
            .timedOut, .connectionFailed, .protocolViolation, .unsupportedByBroker,
        ]
        #expect(error?.code == codes[kind])
        try await proxy.stop()
    }
}
