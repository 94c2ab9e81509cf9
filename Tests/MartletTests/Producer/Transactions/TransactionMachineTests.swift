import MartletCore
import Testing

@testable import Martlet

@Suite("The state machine of a transactional producer")
struct TransactionMachineTests {
    private static let identity = ProducerIdentity(
        id: ProducerID(rawValue: 9), epoch: ProducerEpoch(rawValue: 3))
    private static let next = ProducerIdentity(
        id: ProducerID(rawValue: 9), epoch: ProducerEpoch(rawValue: 4))
    private static let lost = MartletError(.timedOut, "no delivery")

    private static func open(_ version: TransactionMachine.Version) throws -> TransactionMachine {
        var machine = TransactionMachine()
        try machine.beginInitialization()
        machine.didInitialize(identity, version: version)
        try machine.begin()
        return machine
    }

    @Test("the next implicit transaction has the identity that the end of the last one gave")
    func implicitCommit() throws {
        var machine = try Self.open(.implicit)
        #expect(!machine.mustAdd(TopicPartition("t", 0)), "the first write adds it")
        machine.willSend()
        try machine.beginCommit()
        #expect(machine.refusal != nil, "nothing slips in behind the flush")
        #expect(try machine.commit() == .end(Self.identity))
        #expect(machine.didEnd(next: Self.next) == .nothing)
        try machine.begin()
        #expect(machine.identity == Self.next && machine.number == 2)
    }

    @Test("an explicit transaction waits for its partitions, and knows them for itself alone")
    func explicitPartitions() throws {
        var machine = try Self.open(.explicit)
        let partition = TopicPartition("t", 0)
        #expect(machine.mustAdd(partition))
        machine.willSend()
        machine.didAdd([partition], to: machine.number)
        #expect(!machine.mustAdd(partition))
        try machine.beginCommit()
        #expect(try machine.commit() == .end(Self.identity))
        #expect(machine.didEnd(next: nil) == .nothing)
        try machine.begin()
        #expect(machine.identity == Self.identity)
        machine.didAdd([partition], to: machine.number - 1)
        #expect(machine.mustAdd(partition), "a late answer about the last one says nothing about this one")
    }

    @Test(
        "a transaction in which nothing was sent ends without the coordinator",
        arguments: [TransactionMachine.Version.explicit, .implicit])
    func nothingSent(version: TransactionMachine.Version) throws {
        var machine = try Self.open(version)
        try machine.beginCommit()
        #expect(try machine.commit() == .nothing)
        try machine.begin()
        try machine.beginAbort()
        #expect(try machine.abort() == .nothing)
        try machine.begin()
    }

    @Test("after a failure only aborting is possible, and then the next transaction")
    func broken() throws {
        var machine = try Self.open(.implicit)
        machine.willSend()
        machine.didGiveUpBatch(because: Self.lost, hadSequence: true)
        #expect(machine.refusal?.message.contains("must be aborted") == true)
        #expect(machine.abandonment?.code == .timedOut, "what waits is not worth sending")
        #expect(throws: MartletError.self) { try machine.beginCommit() }
        #expect(throws: MartletError.self) { try machine.begin() }
        try machine.beginAbort()
        #expect(try machine.abort() == .end(Self.identity))
        #expect(machine.didEnd(next: Self.next) == .nothing)
        try machine.begin()
    }

    @Test("a gap in the sequence of an explicit transaction is closed by a new epoch")
    func gap() throws {
        var machine = try Self.open(.explicit)
        machine.willSend()
        machine.didAdd([TopicPartition("t", 0)], to: machine.number)
        machine.didGiveUpBatch(because: Self.lost, hadSequence: true)
        try machine.beginAbort()
        #expect(try machine.abort() == .end(Self.identity))
        #expect(machine.didEnd(next: nil) == .renew(Self.identity))
        machine.didRenew(Self.next)
        try machine.begin()
        #expect(machine.identity == Self.next)
    }

    @Test("what the coordinator may have heard of without answering is aborted by a new epoch")
    func unconfirmed() throws {
        var machine = try Self.open(.explicit)
        machine.willSend()
        machine.didFail(Self.lost)
        try machine.beginAbort()
        #expect(try machine.abort() == .renew(Self.identity))
    }

    @Test("a producer whose id was forgotten begins with a fresh one")
    func forgotten() throws {
        var machine = try Self.open(.implicit)
        machine.willSend()
        machine.didFail(MartletError(.broker(.invalidProducerIDMapping), "forgotten"))
        try machine.beginAbort()
        #expect(try machine.abort() == .renew(.none))
        machine.didRenew(Self.next)
        try machine.begin()
    }

    @Test("a commit without an answer can be asked for again, and is never turned into an abort")
    func undecided() throws {
        var machine = try Self.open(.implicit)
        machine.willSend()
        try machine.beginCommit()
        _ = try machine.commit()
        machine.didFailToEnd(Self.lost)
        #expect(throws: MartletError.self) { try machine.beginAbort() }
        #expect(throws: MartletError.self) { try machine.begin() }
        var again = machine
        try again.beginCommit()
        #expect(try again.commit() == .end(Self.identity), "with the same epoch, by which it is recognised")
        #expect(again.didEnd(next: Self.next) == .nothing)
        try again.begin()
        try machine.beginInitialization()
        machine.didInitialize(Self.next, version: .implicit)
        try machine.begin()
    }

    @Test("a commit that the coordinator refuses to make is aborted, an abort without an answer repeated")
    func refusedEnds() throws {
        var machine = try Self.open(.implicit)
        machine.willSend()
        try machine.beginCommit()
        _ = try machine.commit()
        machine.didFailToEnd(MartletError(.broker(.transactionAbortable), "no"))
        try machine.beginAbort()
        #expect(try machine.abort() == .end(Self.identity))
        machine.didFailToEnd(Self.lost)
        try machine.beginAbort()
        #expect(try machine.abort() == .end(Self.identity))
    }

    @Test(
        "a fenced producer is at its end, whatever it was doing",
        arguments: [ErrorCode.producerFenced, .invalidTxnState, .transactionalIDAuthorizationFailed])
    func fatal(code: ErrorCode) throws {
        var machine = try Self.open(.implicit)
        machine.willSend()
        machine.didFail(MartletError(.broker(code), "over"))
        let errors = [
            #expect(throws: MartletError.self) { try machine.begin() },
            #expect(throws: MartletError.self) { try machine.beginAbort() },
            #expect(throws: MartletError.self) { try machine.beginCommit() },
            #expect(throws: MartletError.self) { try machine.beginInitialization() },
        ]
        for error in errors {
            #expect(error?.code == .broker(code) && error?.isFatalToProducer == true)
        }
    }
}
