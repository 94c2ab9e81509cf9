internal import MartletCore
package import MartletWire
package import NIOCore

/// A connection to a broker that is ready for requests: versions negotiated, client authenticated.
///
/// Requests may be submitted from any task. They go out, and are answered, in the order of `submit`.
package final class BrokerConnection: Sendable {
    private let channel: RequestChannel
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
            try await options.authenticate?(connection)
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
        return PendingResponse(version: version, reply: reply)
    }

    /// Sends a request in the highest common version and waits for the answer.
    package func send<Request: KafkaRequest>(
        _ request: Request, timeout: Duration
    ) async throws(TransportError) -> Request.Response {
        try await submit(request, version: version(of: Request.self), timeout: timeout).value()
    }
}
