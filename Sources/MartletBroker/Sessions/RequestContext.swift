internal import MartletLog
internal import MartletWire
internal import NIOCore

/// One request on its way: who asked, and the place in the row of answers that it must fill exactly once, on
/// the loop of its connection.
final class RequestContext {
    let header: RequestHeader
    let connection: ConnectionInfo
    /// The shard of the connection.
    let shard: Shard
    /// That of the connection.
    let transactionLane: TransactionLane
    /// Called if the connection goes away before the answer; for requests that wait.
    var onCancel: (() -> Void)?
    /// Called when the broker is about to stop; a request that waits for news answers with what it has.
    var onDrain: (() -> Void)?

    /// Names the connection for as long as it lasts; nil after its end.
    var connectionID: ObjectIdentifier? { session.map { ObjectIdentifier($0) } }

    private let ticket: ReplyQueue.Ticket
    private weak var session: Session?
    private(set) var isFinished = false

    init(_ header: RequestHeader, _ ticket: ReplyQueue.Ticket, _ session: Session) {
        self.header = header
        self.ticket = ticket
        self.session = session
        shard = session.shard
        connection = session.info
        transactionLane = session.transactionLane
    }

    /// Answers the request.
    ///
    /// - Parameters:
    ///   - regions: Where the bytes of the response's external records come from, in order.
    ///   - version: Version of the response, where it is not that of the request.
    func reply(_ response: some KafkaResponse, regions: [LogSlice] = [], version: Int16? = nil) {
        guard let session = finish() else { return }
        do {
            let frame = try ResponseFrame.encode(
                response, version: version ?? header.version, correlationID: header.correlationID
            )
            session.finish(ticket, .reply(frame, regions: regions))
        } catch {
            session.close(because: "a response could not be encoded: \(error)")
        }
    }

    /// Leaves the request without an answer, as its sender wished.
    func staySilent() {
        finish()?.finish(ticket, .silence)
    }

    /// Ends the connection: the request cannot be answered in its own form.
    func closeConnection(because reason: String) {
        finish()?.close(because: reason)
    }

    /// Remembers for later requests of the connection what the client says that it is.
    func note(_ software: ClientSoftware) {
        session?.info.software = software
    }

    func cancel() {
        guard !isFinished else { return }
        isFinished = true
        onCancel?()
        onCancel = nil
        onDrain = nil
    }

    /// The session, if it is still there to take the answer.
    private func finish() -> Session? {
        shard.eventLoop.preconditionInEventLoop()
        guard !isFinished else { return nil }
        isFinished = true
        onCancel = nil
        onDrain = nil
        return session
    }
}

/// What is known of a peer.
struct ConnectionInfo: Sendable {
    let remoteAddress: SocketAddress?
    /// The address by which the client reached us.
    let localAddress: SocketAddress?
    /// What the client says that it is, if it did.
    var software: ClientSoftware?
}

/// The library that a client uses, and its version (KIP-511).
struct ClientSoftware: Sendable {
    let name: String
    let version: String
}
