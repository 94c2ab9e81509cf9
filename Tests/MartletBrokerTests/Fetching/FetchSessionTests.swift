import MartletCore
import NIOCore
import Testing

@testable import MartletBroker

@Suite("Fetch sessions remember what a client reads")
struct FetchSessionTests {
    private static func target(_ index: PartitionIndex, offset: Offset = 0) -> FetchTarget {
        FetchTarget(
            name: "events", id: .zero, index: index, offset: offset, maxBytes: 1_000,
            currentLeaderEpoch: .none,
            lastFetchedEpoch: .none
        )
    }

    private static func session() -> FetchSession {
        FetchSession(id: 1, usesTopicIDs: false, now: .uptimeNanoseconds(0))
    }

    @Test("partitions are added, moved and forgotten")
    func updates() {
        var session = Self.session()
        session.update(adding: [Self.target(0), Self.target(1), Self.target(2)], forgetting: [])
        session.update(
            adding: [Self.target(1, offset: 5)], forgetting: [.init(name: "events", id: .zero, index: 0)]
        )
        let targets = session.takeTurn().sorted { $0.index < $1.index }
        #expect(targets.map(\.index) == [1, 2])
        #expect(targets.map(\.offset) == [5, 0])
    }

    @Test("every partition comes first in turn")
    func fairness() {
        var session = Self.session()
        session.update(adding: (0..<4).map { Self.target($0) }, forgetting: [])
        let first = (0..<4).compactMap { _ in session.takeTurn().first?.index }
        #expect(Set(first) == [0, 1, 2, 3])
    }

    @Test("a partition is news when it is new, has data, an error or another high watermark")
    func news() {
        var session = Self.session()
        session.update(adding: [Self.target(0)], forgetting: [])
        var result = FetchResult()
        result.highWatermark = 10
        func isNews(_ result: FetchResult) -> Bool { session.isNews(Self.target(0), result) }
        #expect(isNews(result), "it is new")
        #expect(!isNews(result), "nothing happened")
        result.highWatermark = 11
        #expect(isNews(result), "the high watermark moved")
        #expect(isNews(.failure(.offsetOutOfRange)))
        #expect(isNews(result), "the client must hear that the error is over")
        #expect(!isNews(result))
    }

    @Test("epochs count up and never come back to 0")
    func epochs() {
        var session = Self.session()
        #expect(session.expectedEpoch == 1)
        session.advanceEpoch()
        #expect(session.expectedEpoch == 2)
    }

    @Test("a full cache makes room only for what has not been used for long")
    func eviction() throws {
        var cache = FetchSessionCache(shard: 1, shardCount: 2, slots: 4)
        let first = cache.create(usesTopicIDs: true, now: .uptimeNanoseconds(0))
        #expect(try #require(first).id % 2 == 1, "the id says where the session lives")
        let second = cache.create(usesTopicIDs: true, now: .uptimeNanoseconds(0))
        #expect(second != nil)
        let third = cache.create(usesTopicIDs: true, now: .uptimeNanoseconds(1))
        #expect(third == nil)
        let later = cache.create(
            usesTopicIDs: true, now: .uptimeNanoseconds(0) + FetchSessionCache.evictionAge
        )
        #expect(later != nil)
    }
}
