internal import DequeModule
internal import MartletLog
internal import MartletWire

/// The answers of one connection, in the order of its requests.
///
/// Requests are taken up as they arrive and may finish in any order; what has finished waits here until
/// everything before it was sent. A state machine without I/O.
struct ReplyQueue {
    /// What became of a request.
    enum Outcome {
        case pending
        /// A whole frame. Its external pieces are these regions, in this order.
        case reply(EncodedMessage, regions: [LogSlice])
        /// The request asked for no answer.
        case silence
    }

    /// Counts requests of the connection from 0.
    typealias Ticket = Int

    private var outcomes: Deque<Outcome> = []
    private var firstTicket: Ticket = 0

    /// Requests without an answer that was handed out yet.
    var count: Int { outcomes.count }
    var isEmpty: Bool { outcomes.isEmpty }

    mutating func enqueue() -> Ticket {
        outcomes.append(.pending)
        return firstTicket + outcomes.count - 1
    }

    mutating func finish(_ ticket: Ticket, _ outcome: Outcome) {
        let index = ticket - firstTicket
        // A precondition, not an error: a slot finishes once. Twice would shift every later answer.
        guard outcomes.indices.contains(index), case .pending = outcomes[index] else {
            preconditionFailure("request \(ticket) was answered twice")
        }
        outcomes[index] = outcome
    }

    /// The next answer in order, if it is there.
    mutating func next() -> Outcome? {
        guard let first = outcomes.first else { return nil }
        if case .pending = first { return nil }
        outcomes.removeFirst()
        firstTicket += 1
        return first
    }
}
