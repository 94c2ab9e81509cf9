package import MartletCore

/// Names a request that waits for its answer. Each is answered once, or dropped with its coordinator.
package struct Ticket: Hashable, Sendable {
    package let rawValue: UInt64

    package init(rawValue: UInt64) { self.rawValue = rawValue }
}

/// Who asks, how, and when.
package struct Call: Sendable {
    package var ticket: Ticket
    /// Of the request, and of its answer.
    package var version: Int16
    package var clientID: String
    /// The address that the client connects from, as Kafka writes it: `/192.0.2.1`.
    package var clientHost: String
    package var now: Timestamp

    package init(ticket: Ticket, version: Int16, clientID: String, clientHost: String, now: Timestamp) {
        self.ticket = ticket
        self.version = version
        self.clientID = clientID
        self.clientHost = clientHost
        self.now = now
    }
}
