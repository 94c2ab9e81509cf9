package import MartletWire

/// What an event leads to, in this order: the records are appended as one batch, and when they and all before
/// them are durable, the answers are sent. So no answer shows what a crash could take back.
package struct Effects<Record: Sendable>: Sendable {
    package var records: [Record] = []
    /// What to ask of the stored state of share groups, like the answers when the records are durable.
    package var shareState: [(ticket: ShareStateTicket, request: ShareStateRequest)] = []
    package var replies: [(ticket: Ticket, response: any KafkaResponse)] = []

    package init() {}

    package var isEmpty: Bool { records.isEmpty && shareState.isEmpty && replies.isEmpty }
}
