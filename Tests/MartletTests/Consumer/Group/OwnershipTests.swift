import MartletCore
import Testing

@testable import Martlet

@Suite("What a member of a group has, and how far it has got")
struct OwnershipTests {
    private let a = TopicPartition("t", 0)
    private let b = TopicPartition("t", 1)

    @Test("only what is done is to be stored")
    func onlyDone() {
        var ownership = Ownership()
        ownership.take(a, at: 10, isCommitted: true)
        let isOurs = ownership.handOut(a, upTo: 15)
        #expect(isOurs)
        #expect(ownership.uncommitted().isEmpty, "somebody still works on it")
        ownership.finish(a, upTo: 12)
        #expect(ownership.uncommitted() == [a: GroupOffset(12)])
        #expect(ownership.isInHand([a]))
        ownership.finishAll()
        #expect(ownership.uncommitted() == [a: GroupOffset(15)] && !ownership.isInHand([a]))
        ownership.didCommit([a: 15])
        #expect(ownership.uncommitted().isEmpty)
    }

    @Test(
        "a position that was only just found is stored, so that a restart does not skip what comes meanwhile")
    func foundPosition() {
        var ownership = Ownership()
        ownership.take(a, at: 100, isCommitted: false)
        #expect(ownership.uncommitted() == [a: GroupOffset(100)])
    }

    @Test("what is being revoked is handed out no more, and is free once it is done")
    func revoking() {
        var ownership = Ownership()
        ownership.take(a, at: 0, isCommitted: true)
        ownership.take(b, at: 0, isCommitted: true)
        let isOurs = ownership.handOut(a, upTo: 3)
        ownership.beginRevoking([a, b])
        let isStillOurs = ownership.handOut(b, upTo: 2)
        #expect(isOurs && !isStillOurs && !ownership.isInHand([b]) && ownership.isInHand([a]))
        ownership.finishAll()
        #expect(!ownership.isInHand([a]) && ownership.uncommitted(of: [a]) == [a: GroupOffset(3)])
        ownership.giveUp([a, b])
        let isOursWithout = ownership.handOut(a, upTo: 4)
        #expect(ownership.partitions.isEmpty && !isOursWithout)
        ownership.take(a, at: 3, isCommitted: true)
        let isOursAgain = ownership.handOut(a, upTo: 4)
        #expect(isOursAgain, "taken over again, it is like new")
    }

    @Test("offsets with nothing to hand out count only behind what is done")
    func skipped() {
        var ownership = Ownership()
        ownership.take(a, at: 0, isCommitted: true)
        let isOurs = ownership.handOut(a, upTo: 5)
        #expect(isOurs)
        ownership.skip(a, upTo: 9)
        #expect(ownership.uncommitted().isEmpty)
        ownership.finishAll()
        ownership.skip(a, upTo: 9)
        #expect(ownership.uncommitted() == [a: GroupOffset(9)])
    }

    @Test("a seek back is stored as it is")
    func seek() {
        var ownership = Ownership()
        ownership.take(a, at: 50, isCommitted: true)
        let isOurs = ownership.handOut(a, upTo: 60)
        #expect(isOurs)
        ownership.seek(a, to: 20)
        ownership.finishAll()
        #expect(ownership.uncommitted() == [a: GroupOffset(20)])
    }

    @Test("an aborted transaction takes everything back that is not stored, to where it began")
    func rewind() {
        var ownership = Ownership()
        ownership.isTransactional = true
        ownership.take(a, at: 10, isCommitted: true)
        ownership.take(b, at: 4, isCommitted: false)
        for (partition, offset) in [(a, 15), (b, 6)] as [(TopicPartition, Offset)] {
            let isOurs = ownership.handOut(partition, upTo: offset)
            #expect(isOurs)
        }
        ownership.finishAll()
        #expect(ownership.isInHand([a]), "done is it only with the transaction")
        let positions = ownership.rewind()
        #expect(positions == [a: 10, b: 4] && !ownership.isInHand([a, b]))
        let isOurs = ownership.handOut(a, upTo: 15)
        #expect(isOurs)
        ownership.finishAll()
        ownership.didCommitTransaction([a: 15])
        let positionsAfterCommit = ownership.rewind()
        #expect(positionsAfterCommit.isEmpty && !ownership.isInHand([a]))
    }

    @Test("a partition that goes while a transaction has records of it is not forgotten before the next one")
    func lost() {
        var ownership = Ownership()
        ownership.isTransactional = true
        ownership.take(a, at: 0, isCommitted: true)
        ownership.take(b, at: 0, isCommitted: true)
        let isOurs = ownership.handOut(a, upTo: 3)
        ownership.finishAll()
        ownership.giveUp([a, b])
        #expect(isOurs && ownership.lost == [a])
        _ = ownership.rewind()
        #expect(ownership.lost.isEmpty)
    }
}
