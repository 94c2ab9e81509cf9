internal import NIOCore

/// Decides which requests are on their way and which wait, and which of them a response answers.
///
/// A broker answers in the order of the requests. So a request that got no answer in time ends the
/// connection: the answers behind it could never be told apart from it. No I/O and no clock in here.
struct RequestPipeline<Request> {
    struct Entry {
        let correlationID: Int32
        let deadline: NIODeadline
        let request: Request
    }

    enum SubmitAction: Equatable {
        case write
        case wait
        case reject
    }

    enum ResponseAction {
        /// The response belongs to `answered`; `next` has now a place in flight and is to be written.
        case complete(answered: Request, next: Request?)
        /// No request has this id and this place in the order.
        case unexpected(expected: Int32?)
    }

    private var inFlight = CircularBuffer<Entry>()
    private var waiting = CircularBuffer<Entry>()
    /// While the client authenticates anew, nothing else may reach the broker.
    private(set) var isHeld = false
    private let maximumInFlight: Int
    let maximumWaiting: Int

    init(maximumInFlight: Int, maximumWaiting: Int) {
        precondition(maximumInFlight > 0, "a connection without room for a request can do nothing")
        self.maximumInFlight = maximumInFlight
        self.maximumWaiting = maximumWaiting
    }

    var isEmpty: Bool { inFlight.isEmpty && waiting.isEmpty }

    mutating func submit(_ entry: Entry, isAuthentication: Bool = false) -> SubmitAction {
        if isAuthentication || (!isHeld && inFlight.count < maximumInFlight) {
            inFlight.append(entry)
            return .write
        }
        guard waiting.count < maximumWaiting else { return .reject }
        waiting.append(entry)
        return .wait
    }

    mutating func responseArrived(correlationID: Int32) -> ResponseAction {
        guard let first = inFlight.first, first.correlationID == correlationID else {
            return .unexpected(expected: inFlight.first?.correlationID)
        }
        inFlight.removeFirst()
        let next = isHeld || inFlight.count >= maximumInFlight ? nil : waiting.popFirst()
        if let next { inFlight.append(next) }
        return .complete(answered: first.request, next: next?.request)
    }

    /// From now on only what belongs to the authentication goes out; the rest waits, and its time runs.
    mutating func hold() { isHeld = true }

    /// Ends `hold`; gives the requests that are now to be written, in order.
    mutating func release() -> [Request] {
        isHeld = false
        var freed: [Request] = []
        while inFlight.count < maximumInFlight, let next = waiting.popFirst() {
            inFlight.append(next)
            freed.append(next.request)
        }
        return freed
    }

    /// The request whose time has run out first, if one has.
    func expired(at now: NIODeadline) -> Request? {
        let first = (inFlight + waiting).min { $0.deadline < $1.deadline }
        guard let first, first.deadline <= now else { return nil }
        return first.request
    }

    /// When `expired` is worth asking next.
    var nextDeadline: NIODeadline? {
        var next: NIODeadline?
        for entry in inFlight { next = min(next ?? entry.deadline, entry.deadline) }
        for entry in waiting { next = min(next ?? entry.deadline, entry.deadline) }
        return next
    }

    /// Gives up on everything, in order: what the broker may have got, and what it cannot have.
    mutating func close() -> (sent: [Request], unsent: [Request]) {
        defer {
            inFlight.removeAll()
            waiting.removeAll()
        }
        return (inFlight.map(\.request), waiting.map(\.request))
    }
}
