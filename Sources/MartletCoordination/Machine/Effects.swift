package import MartletCore
package import MartletWire

/// What an event leads to, in this order: the records are appended as one batch, and when they and all before
/// them are durable, the errands are done and the answers are sent. So no answer shows what a crash could
/// take back.
package struct Effects<Record: Sendable, Errand: Sendable>: Sendable {
    package var records: [Record] = []
    /// Whose transaction the records belong to; nil if they count at once.
    package var producer: TransactionalProducer?
    /// What the coordinator asks of other parts of the broker.
    package var errands: [(ticket: ErrandTicket, errand: Errand)] = []
    package var replies: [(ticket: Ticket, response: any KafkaResponse)] = []

    package init() {}

    package var isEmpty: Bool { records.isEmpty && errands.isEmpty && replies.isEmpty }
}

/// Names something that a coordinator asks of another part of the broker. Its outcome comes once, or never if
/// the coordinator is gone by then.
package struct ErrandTicket: Hashable, Sendable {
    package let rawValue: UInt64

    package init(rawValue: UInt64) { self.rawValue = rawValue }
}

/// A producer in whose transaction something is stored.
package struct TransactionalProducer: Hashable, Sendable {
    package var id: ProducerID
    package var epoch: ProducerEpoch

    package init(id: ProducerID, epoch: ProducerEpoch) {
        self.id = id
        self.epoch = epoch
    }
}
