import MartletCore
import MartletWire
import Testing

@testable import Martlet

@Suite("Share sessions")
struct ShareSessionTests {
    private let topic = TopicID(high: 1, low: 2)
    private var place: ShareSession.Place { .init(topic: topic, index: 0) }

    @Test("the first request opens the session, later ones name only what has changed")
    func changes() {
        var session = ShareSession()
        var request = ShareFetchRequest()
        session.begin(&request, wanted: [topic: [0, 1]])
        #expect(request.shareSessionEpoch == 0)
        #expect(request.topics.map { $0.partitions.map(\.index) } == [[0, 1]])
        _ = session.didSucceed()
        request = ShareFetchRequest()
        session.begin(&request, wanted: [topic: [1, 2]])
        #expect(request.shareSessionEpoch == 1)
        #expect(request.topics.map { $0.partitions.map(\.index) } == [[2]])
        #expect(request.forgottenTopics.map(\.partitions) == [[0]])
    }

    @Test("what is said goes out once, as runs in the order of the offsets")
    func runs() {
        var session = ShareSession()
        var opening = ShareFetchRequest()
        session.begin(&opening, wanted: [topic: [0]])
        _ = session.didSucceed()
        for (offsets, type) in [
            (5...5, AcknowledgeType.accept), (6...6, .accept), (0...1, .release), (7...7, .reject),
            (2...2, .release),
        ] as [(ClosedRange<Offset>, AcknowledgeType)] {
            session.acknowledge(place, offsets, type, at: .now)
        }
        var request = ShareAcknowledgeRequest()
        session.begin(&request)
        #expect(!request.renewsLocks)
        let batches = request.topics[0].partitions[0].acknowledgementBatches
        #expect(batches.map(\.firstOffset) == [0, 5, 7])
        #expect(batches.map(\.lastOffset) == [2, 6, 7])
        #expect(batches.map(\.acknowledgeTypes) == [[.release], [.accept], [.reject]])
        let said = session.didSucceed()
        #expect(said[place]?.runs.count == 4)
        #expect(!session.canAcknowledge)
    }

    @Test("after a failure nothing of the old session is said in the new one")
    func failure() {
        var session = ShareSession()
        var request = ShareFetchRequest()
        session.begin(&request, wanted: [topic: [0]])
        _ = session.didSucceed()
        session.acknowledge(place, 0...0, .accept, at: .now)
        request = ShareFetchRequest()
        session.begin(&request, wanted: [topic: [0]])
        session.acknowledge(place, 1...1, .release, at: .now)
        let said = session.didFail()
        #expect(said[place]?.runs.map(\.range) == [0...0, 1...1])
        request = ShareFetchRequest()
        session.begin(&request, wanted: [topic: [0]])
        #expect(request.shareSessionEpoch == 0)
        #expect(request.topics[0].partitions[0].acknowledgementBatches.isEmpty)
    }

    @Test("a record is settled once, wherever it lies in its batch")
    func holdings() {
        var holdings = ShareHoldings()
        let partition = TopicPartition("t", 0)
        let origin = HeldBatch.Origin(partition: partition, place: place, broker: BrokerID(rawValue: 1))
        let id = holdings.makeID()
        holdings.keep(HeldBatch(id: id, origin: origin, offsets: [3, 4, 9, 20]))
        #expect(holdings.settle(partition, 3) == nil, "not handed out yet")
        holdings.handOut(id, upTo: 9)
        #expect(holdings.settle(partition, 9) == origin)
        #expect(holdings.settle(partition, 9) == nil)
        #expect(holdings.settle(partition, 5) == nil)
        #expect(holdings.firstOpen?.offset == 3)
        #expect(holdings.settleOpen().map(\.open) == [[3...4]])
        #expect(holdings[id]?.rest == [20...20])
        holdings.handOut(id)
        #expect(holdings.settle(partition, 20) == origin)
        #expect(holdings.isEmpty)
    }
}
