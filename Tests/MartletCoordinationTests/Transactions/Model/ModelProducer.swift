import MartletCoordination
import MartletCore

/// One incarnation of a transactional producer, as a client library has it.
struct ModelProducer {
    enum Request: Equatable {
        case initialize(TransactionalProducer?, keepsPrepared: Bool)
        /// Version 1 before it writes, version 2 as it writes.
        case add(Int32)
        /// Version 1 as it writes.
        case verify(Int32)
        case end(isCommit: Bool)
    }

    struct Pending {
        var number: Int
        var request: Request
        /// Who asks; differs from `identity` after the answer.
        var asker: TransactionalProducer?
        var verification: Int?
    }

    let index: Int
    let id: TransactionalID
    let isVersion2: Bool
    let keepsPrepared: Bool
    var identity: TransactionalProducer?
    var number = 0
    var pending: Pending?
    /// When a write to a partition is under way in the broker.
    var isWriting = false
    /// Partitions that version 1 has added.
    var added: Set<Int32> = []
    /// Partitions that took a record of this transaction.
    var written: Set<Int32> = []
    var mustAbort = false
    /// Asked to end so; asks for nothing else until that is answered.
    var decision: Bool?
    /// The transaction of an earlier incarnation, which this one ends.
    var inherited: ModelTag?
    /// Somebody else has asked for the id.
    var isSuperseded = false
    var isFenced = false
    /// Version 1 has lost its epoch, and asks for the next.
    var asksAgain = false

    init(index: Int, id: TransactionalID, isVersion2: Bool, keepsPrepared: Bool) {
        self.index = index
        self.id = id
        self.isVersion2 = isVersion2
        self.keepsPrepared = keepsPrepared
    }

    var tag: ModelTag { ModelTag(producer: index, number: number) }

    var hasTransaction: Bool { inherited != nil || !written.isEmpty || !added.isEmpty || mustAbort }

    mutating func nextTransaction() {
        number += 1
        added = []
        written = []
        mustAbort = false
        decision = nil
        inherited = nil
    }
}
