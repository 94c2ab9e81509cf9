import Martlet
import MartletCore
import MartletTransport
import MartletWire
import NIOCore
import Testing

@Suite("Transactions while their coordinator fails", .timeLimit(.minutes(3)))
struct TransactionFaultTests {
    private static let passing: [ErrorCode] = [
        .coordinatorLoadInProgress, .coordinatorNotAvailable, .notCoordinator, .concurrentTransactions,
    ]

    private static func transactional() -> ProducerConfiguration {
        var configuration = ProducerConfiguration()
        configuration.transactionalID = "tx"
        configuration.deliveryTimeout = .seconds(60)
        return configuration
    }

    /// - Parameter isExplicit: Whether the cluster is made to look as if it knew version 1 alone.
    private static func run(
        isExplicit: Bool, brokers: Int = 1, _ body: (FaultScene) async throws -> Void
    ) async throws {
        try await withFaults(brokers: brokers) { scene in
            try await scene.witness.admin.createTopic("in")
            try await scene.witness.admin.createTopic("t")
            if isExplicit {
                for proxy in scene.proxies {
                    proxy.on(ApiVersionsRequest.self, first: .max, .edited { $0.finalizedFeatures = [] })
                }
            }
            try await body(scene)
        }
    }

    private static func send(_ value: String, in producer: Producer) async throws {
        try await producer.withTransaction { transaction in
            try await transaction.enqueue(ProducerRecord(topic: "t", value: Bytes(value)))
            try await transaction.sendOffsets(
                [TopicPartition("in", 0): 1], of: GroupMembership(group: "g"))
        }
    }

    private static func refuse(_ api: APIKey, with code: ErrorCode, at indexes: Set<Int>, _ proxy: FaultProxy)
    {
        func refuse<Request: Refusable>(_: Request.Type) {
            proxy.on(Request.self) { request, index in
                indexes.contains(index) ? .answer(request.refused(code)) : .pass
            }
        }
        switch api {
        case .initProducerID: refuse(InitProducerIDRequest.self)
        case .addPartitionsToTxn: refuse(AddPartitionsToTxnRequest.self)
        case .addOffsetsToTxn: refuse(AddOffsetsToTxnRequest.self)
        case .txnOffsetCommit: refuse(TxnOffsetCommitRequest.self)
        default: refuse(EndTxnRequest.self)
        }
    }

    @Test(
        "an error that may pass costs no transaction",
        arguments: [
            APIKey.initProducerID, .addPartitionsToTxn, .addOffsetsToTxn, .txnOffsetCommit, .endTxn,
        ], [true, false])
    func passing(api: APIKey, isExplicit: Bool) async throws {
        for code in Self.passing {
            try await Self.run(isExplicit: isExplicit) { scene in
                Self.refuse(api, with: code, at: [0, 1, 3], scene.proxy)
                try await scene.client.withProducer(Self.transactional()) { producer in
                    for number in 0..<4 { try await Self.send("\(number)", in: producer) }
                }
                #expect(try await scene.values(of: "t") == ["0", "1", "2", "3"], "\(code)")
                let offsets = try await scene.witness.admin.groupOffsets(of: "g")
                #expect(offsets[TopicPartition("in", 0)]?.offset == 1)
            }
        }
    }

    @Test(
        "an error that ends the transaction leaves nothing of it, and the next one goes through",
        arguments: [APIKey.addPartitionsToTxn, .addOffsetsToTxn, .txnOffsetCommit, .endTxn], [true, false])
    func abortable(api: APIKey, isExplicit: Bool) async throws {
        // An implicit transaction has no requests of the first two kinds.
        guard isExplicit || api == .txnOffsetCommit || api == .endTxn else { return }
        try await Self.run(isExplicit: isExplicit) { scene in
            Self.refuse(api, with: .transactionAbortable, at: [0], scene.proxy)
            try await scene.client.withProducer(Self.transactional()) { producer in
                let error = await #expect(throws: MartletError.self) {
                    try await Self.send("no", in: producer)
                }
                #expect(error?.isFatalToProducer == false)
                try await Self.send("yes", in: producer)
            }
            #expect(try await scene.values(of: "t") == ["yes"])
        }
    }

    @Test(
        "an error that ends the producer leaves nothing of the transaction",
        arguments: [ErrorCode.producerFenced, .transactionalIDAuthorizationFailed, .invalidTxnState])
    func fatal(code: ErrorCode) async throws {
        try await Self.run(isExplicit: false) { scene in
            Self.refuse(.endTxn, with: code, at: [0], scene.proxy)
            await #expect(throws: MartletError.self) {
                try await scene.client.withProducer(Self.transactional()) { producer in
                    try await Self.send("no", in: producer)
                }
            }
            scene.proxy.calm()
            try await scene.client.withProducer(Self.transactional()) { producer in
                try await Self.send("yes", in: producer)
            }
            #expect(try await scene.values(of: "t") == ["yes"])
        }
    }

    @Test("a cut at any request neither doubles nor halves a transaction", arguments: 0..<3, [true, false])
    func cuts(kind: Int, isExplicit: Bool) async throws {
        try await Self.run(isExplicit: isExplicit) { scene in
            let sentences: [Sentence] = [.cutBefore, .cutAfter, .damaged(.half)]
            scene.proxy.onEverything { exchange in
                exchange.header.key != .apiVersions && exchange.index % 4 == 1 ? sentences[kind] : .pass
            }
            try await scene.client.withProducer(Self.transactional()) { producer in
                for number in 0..<10 { try await Self.send("\(number)", in: producer) }
            }
            #expect(try await scene.values(of: "t") == (0..<10).map { "\($0)" })
        }
    }

    @Test("the coordinator moves between and within transactions")
    func coordinatorMoves() async throws {
        try await Self.run(isExplicit: false, brokers: 2) { scene in
            try await scene.client.withProducer(Self.transactional()) { producer in
                for number in 0..<10 {
                    try await producer.withTransaction { transaction in
                        try await transaction.send(ProducerRecord(topic: "t", value: Bytes("\(number)")))
                        let next = BrokerID(rawValue: Int32(1 + number % 2))
                        scene.faces.moveCoordinators(to: next)
                    }
                }
            }
            #expect(try await scene.values(of: "t") == (0..<10).map { "\($0)" })
        }
    }

    @Test("a commit that nobody answers is told as undecided, and going on finds out")
    func undecided() async throws {
        try await withFaults { configuration in
            // Enough for what is answered, on any machine: the commit alone is to take all the time there is.
            configuration.requestTimeout = .seconds(5)
        } _: { scene in
            try await scene.witness.admin.createTopic("t")
            scene.proxy.on(EndTxnRequest.self, first: .max, .unanswered)
            var configuration = Self.transactional()
            configuration.deliveryTimeout = .seconds(20)
            try await scene.client.withProducer(configuration) { producer in
                let error = await #expect(throws: MartletError.self) {
                    try await producer.withTransaction { transaction in
                        try await transaction.send(ProducerRecord(topic: "t", value: "0"))
                    }
                }
                #expect(error?.code == .timedOut)
                scene.proxy.calm()
                try await producer.withTransaction { transaction in
                    try await transaction.send(ProducerRecord(topic: "t", value: "1"))
                }
            }
            // The broker did commit the first: only the answers were lost.
            #expect(try await scene.values(of: "t") == ["0", "1"])
        }
    }
}
