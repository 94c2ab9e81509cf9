internal import MartletCore
package import MartletWire
package import NIOCore

/// A connection to a broker that is ready for requests: versions negotiated, client authenticated.
///
/// Requests may be submitted from any task. They go out, and are answered, in the order of `submit`.
package final class BrokerConnection: Sendable {
    private let channel: RequestChannel
    private let pace = BrokerPace()
    /// What the broker serves.
    package let brokerVersions: [APIKey: ClosedRange<Int16>]

    init(channel: RequestChannel, brokerVersions: [APIKey: ClosedRange<Int16>]) {
        self.channel = channel
        self.brokerVersions = brokerVersions
    }

    /// Connects, negotiates versions, authenticates.
    package static func connect(
        to address: BrokerAddress, options: ConnectionOptions, group: any EventLoopGroup
    ) async throws(TransportError) -> BrokerConnection {
        let channel = try await RequestChannel.connect(to: address, options: options, group: group)
        do throws(TransportError) {
            let versions = try await VersionNegotiation.run(on: channel)
            let connection = BrokerConnection(channel: channel, brokerVersions: versions)
            try await connection.authenticate()
            return connection
        } catch {
            channel.close()
            throw error
        }
    }

    /// Connects to the first of several addresses that answers.
    ///
    /// - Throws: The last address's error if there are several, with the others' named before it.
    package static func connect(
        toAnyOf addresses: [BrokerAddress], options: ConnectionOptions, group: any EventLoopGroup
    ) async throws(TransportError) -> BrokerConnection {
        precondition(!addresses.isEmpty, "connecting needs an address")
        var failures: [String] = []
        var last = TransportError.cancelled
        for address in addresses {
            do {
                return try await connect(to: address, options: options, group: group)
            } catch .cancelled {
                throw .cancelled
            } catch {
                failures.append("\(error)")
                last = error
            }
        }
        guard failures.count > 1, let address = addresses.last else { throw last }
        throw .connectFailed(address: address, reason: failures.joined(separator: "; "))
    }

    package var address: BrokerAddress { channel.address }

    /// False from the moment the connection is known to have ended.
    package var isActive: Bool { channel.isActive }

    /// Ends the connection; what is under way fails.
    package func close() { channel.close() }

    // MARK: Authentication

    /// Share of a session after which it is renewed. It varies, so that a broker that starts does not hear of
    /// all its clients in the same moment for ever after.
    private static let renewalShare = 0.85...0.95

    /// Whether the client should authenticate again before it asks anything else (KIP-368).
    package var needsAuthentication: Bool {
        guard channel.options.authenticate != nil else { return false }
        return pace.needsAuthentication
    }

    /// Until when the broker asks to be left alone, since the client has used up its quota (KIP-219); nil for
    /// no longer. The broker does not look at what it is sent before.
    package var quietUntil: ContinuousClock.Instant? { pace.quietUntil }

    /// Authenticates again on the living connection. Requests under way are answered first, those that are
    /// submitted meanwhile wait. A failure ends the connection. At most one caller at a time.
    package func authenticateAgain() async throws(TransportError) {
        channel.setHeld(true)
        do throws(TransportError) {
            try await authenticate()
        } catch {
            channel.close()
            throw error
        }
        channel.setHeld(false)
    }

    private func authenticate() async throws(TransportError) {
        guard let authenticate = channel.options.authenticate else { return }
        let began = ContinuousClock.now
        let lifetime = try await authenticate(self)
        pace.authenticate(at: lifetime.map { began + $0 * Double.random(in: Self.renewalShare) })
    }

    /// One step of the authentication: overtakes what is kept back for it.
    package func sendAuthentication<Request: KafkaRequest>(
        _ request: Request, atMostVersion highest: Int16 = .max
    ) async throws(TransportError) -> Request.Response {
        let version = try version(of: Request.self, atMost: highest)
        let reply = try channel.submit(
            request, version: version, isAuthentication: true, timeout: channel.options.connectTimeout)
        return try await PendingResponse<Request>(version: version, reply: reply).value()
    }

    // MARK: Requests

    /// The highest version that both sides speak.
    ///
    /// - Parameter highest: A lower bound of our own, where a later version would need what we do not have.
    package func version<Request: KafkaRequest>(
        of request: Request.Type, atMost highest: Int16 = .max
    ) throws(TransportError) -> Int16 {
        let ours = Request.versions
        let broker = brokerVersions[Request.key]
        guard let broker else { throw .unsupportedVersion(api: Request.key, ours: ours, broker: nil) }
        let version = min(ours.upperBound, broker.upperBound, highest)
        guard version >= max(ours.lowerBound, broker.lowerBound) else {
            throw .unsupportedVersion(api: Request.key, ours: ours, broker: broker)
        }
        return version
    }

    /// Sends a request behind those submitted before; returns at once.
    package func submit<Request: KafkaRequest>(
        _ request: Request, version: Int16, expectsResponse: Bool = true, timeout: Duration
    ) throws(TransportError) -> PendingResponse<Request> {
        let reply = try channel.submit(
            request, version: version, expectsResponse: expectsResponse, timeout: timeout)
        return PendingResponse(version: version, reply: reply, pace: pace)
    }

    /// Sends a request in the highest common version and waits for the answer.
    package func send<Request: KafkaRequest>(
        _ request: Request, timeout: Duration
    ) async throws(TransportError) -> Request.Response {
        try await submit(request, version: version(of: Request.self), timeout: timeout).value()
    }
}
