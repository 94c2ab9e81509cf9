import MartletCore
import Testing

@testable import Martlet

@Suite("What a broker is asked for")
struct FetchSessionTests {
    private static let id = TopicID(high: 1, low: 2)

    private static func ask(_ offset: Offset, round: Int = 0, id: TopicID = id) -> FetchSession.Ask {
        FetchSession.Ask(offset: offset, leaderEpoch: .none, topicID: id, round: round)
    }

    private static func partition(_ index: PartitionIndex) -> TopicPartition { TopicPartition("t", index) }

    private static func session(_ count: PartitionIndex) -> FetchSession {
        var session = FetchSession()
        for index in 0..<count { session.ask(partition(index), ask(0)) }
        return session
    }

    @Test("within a session only what has changed is named, and what is wanted no longer")
    func incremental() {
        var session = Self.session(1_000)
        let first = session.plan(usesSessions: true, usesIDs: true)
        #expect(first.isFull && first.asks.count == 1_000 && first.sessionEpoch == 0)
        session.didAnswer(sessionID: 7)
        session.ask(Self.partition(3), Self.ask(50))
        session.ask(Self.partition(4), Self.ask(0))
        session.leaveOut(Self.partition(5))
        let second = session.plan(usesSessions: true, usesIDs: true)
        #expect(!second.isFull && second.sessionID == 7 && second.sessionEpoch == 1)
        #expect(second.asks.map(\.partition) == [Self.partition(3)])
        #expect(second.forgotten.map(\.partition) == [Self.partition(5)])
        session.didAnswer(sessionID: 7)
        let third = session.plan(usesSessions: true, usesIDs: true)
        #expect(third.asks.isEmpty && third.forgotten.isEmpty && third.sessionEpoch == 2)
        // Back before the broker heard that it should go: nothing to drop.
        session.leaveOut(Self.partition(6))
        session.ask(Self.partition(6), Self.ask(9))
        session.didAnswer(sessionID: 7)
        let fourth = session.plan(usesSessions: true, usesIDs: true)
        #expect(fourth.asks.map(\.partition) == [Self.partition(6)] && fourth.forgotten.isEmpty)
    }

    @Test("after a failure everything is said again, under the number that the broker may still keep")
    func failure() {
        var session = Self.session(2)
        _ = session.plan(usesSessions: true, usesIDs: true)
        session.didAnswer(sessionID: 7)
        session.didFail()
        let plan = session.plan(usesSessions: true, usesIDs: true)
        #expect(plan.isFull && plan.sessionID == 7 && plan.sessionEpoch == 0 && plan.asks.count == 2)
    }

    @Test("a broker that keeps no session is asked for everything, each time from another partition on")
    func withoutSessions() {
        var session = Self.session(3)
        var firsts: Set<TopicPartition> = []
        for usesSessions in [true, true, true, false, false, false] {
            let plan = session.plan(usesSessions: usesSessions, usesIDs: false)
            #expect(plan.isFull && plan.asks.count == 3 && plan.sessionEpoch == (usesSessions ? 0 : -1))
            if let first = plan.asks.first { firsts.insert(first.partition) }
            session.didAnswer(sessionID: 0)
        }
        #expect(firsts.count == 3)
    }

    @Test("a topic that was created anew begins a new session")
    func newTopic() {
        var session = Self.session(2)
        _ = session.plan(usesSessions: true, usesIDs: true)
        session.didAnswer(sessionID: 7)
        session.ask(Self.partition(1), Self.ask(0, id: TopicID(high: 3, low: 4)))
        #expect(session.plan(usesSessions: true, usesIDs: true).isFull)
    }

    private static func data(_ partition: TopicPartition, _ count: Int) -> FetchedPartition {
        FetchedPartition(
            partition: partition, round: 0, records: Bytes([UInt8](repeating: 0, count: count)),
            highWatermark: 1, logStartOffset: 0, abortedTransactions: [], nextOffset: 1)
    }

    @Test("partitions take turns, and a paused one neither comes nor takes room")
    func turns() {
        var queue = FetchQueue()
        for _ in 0..<3 { queue.append(Self.data(Self.partition(0), 10)) }
        queue.append(Self.data(Self.partition(1), 1))
        queue.append(Self.data(Self.partition(2), 5))
        queue.setPaused(Self.partition(2), true)
        #expect(queue.byteCount == 31)
        var order: [PartitionIndex] = []
        for _ in 0..<3 {
            if let next = queue.popFirst() { order.append(next.partition.partition) }
        }
        #expect(order == [0, 1, 0])
        queue.setPaused(Self.partition(2), false)
        #expect(queue.byteCount == 15)
        queue.remove(Self.partition(0))
        let last = queue.popFirst()
        let end = queue.popFirst()
        #expect(last?.partition == Self.partition(2) && end == nil && queue.byteCount == 0)
    }
}
