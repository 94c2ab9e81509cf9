internal import Logging
internal import MartletCore
internal import MartletTransport
internal import NIOCore
internal import Synchronization

/// Connections to the brokers of a cluster, one each, opened when first needed and again after they ended.
///
/// A producer, a consumer and a client each have a pool of their own, so that a long poll delays nobody else.
/// However many tasks want a broker, there is one attempt at a time, and between failed ones a rest that
/// grows.
final class ConnectionPool: Sendable {
    private struct Slot {
        var connection: BrokerConnection?
        let opening = SingleFlight<BrokerConnection>()
        var backoff: Backoff
        /// No attempt before, since the last ones failed.
        var restsUntil: ContinuousClock.Instant?
    }

    private struct State {
        var slots: [BrokerAddress: Slot] = [:]
        var isClosed = false
    }

    private let options: ConnectionOptions
    private let group: any EventLoopGroup
    private let reconnect: RetryConfiguration
    private let logger: Logger
    private let metrics: ConnectionMetrics?
    private let state = Mutex(State())

    init(
        options: ConnectionOptions, group: any EventLoopGroup, reconnect: RetryConfiguration,
        logger: Logger, metrics: ConnectionMetrics?
    ) {
        self.options = options
        self.group = group
        self.reconnect = reconnect
        self.logger = logger
        self.metrics = metrics
    }

    /// The connection to a broker, if there is one that can be used at once. One whose session is about to
    /// end cannot, nor one to a broker that asks for quiet: `connection(to:)` sees to that first.
    func existing(to address: BrokerAddress) -> BrokerConnection? {
        guard let connection = living(to: address), connection.quietUntil == nil,
            !connection.needsAuthentication
        else { return nil }
        return connection
    }

    private func living(to address: BrokerAddress) -> BrokerConnection? {
        state.withLock { state in
            guard let connection = state.slots[address]?.connection, connection.isActive else { return nil }
            return connection
        }
    }

    /// Until when the pool leaves a broker alone that could not be reached; nil if it does not.
    func restsUntil(_ address: BrokerAddress) -> ContinuousClock.Instant? {
        let instant = state.withLock { $0.slots[address]?.restsUntil }
        return instant.flatMap { $0 > .now ? $0 : nil }
    }

    /// The connection to a broker, opened if need be.
    func connection(to address: BrokerAddress) async throws(MartletError) -> BrokerConnection {
        if let connection = existing(to: address) { return connection }
        let opening: SingleFlight<BrokerConnection>? = state.withLock { state in
            guard !state.isClosed else { return nil }
            let slot = state.slots[address] ?? Slot(backoff: Backoff(reconnect))
            state.slots[address] = slot
            return slot.opening
        }
        guard let opening else { throw .closed("the client") }
        return try await opening.run { () async throws(MartletError) in
            // Another task may have opened it since we looked.
            if let connection = living(to: address) {
                if let instant = connection.quietUntil { try await pause(until: instant, for: address) }
                if connection.needsAuthentication { try await renew(connection) }
                return connection
            }
            try await rest(before: address)
            return try await open(to: address)
        }
    }

    private func open(to address: BrokerAddress) async throws(MartletError) -> BrokerConnection {
        let connection: BrokerConnection
        do {
            connection = try await connect(to: address)
        } catch {
            let error = MartletError(error, doing: "connecting to \(address)")
            if error.code != .cancelled { didFail(address, error) }
            throw error
        }
        let isKept = state.withLock { state in
            guard !state.isClosed else { return false }
            state.slots[address]?.connection = connection
            state.slots[address]?.backoff.reset()
            return true
        }
        guard isKept else {
            connection.close()
            throw .closed("the client")
        }
        return connection
    }

    private func connect(to address: BrokerAddress) async throws(TransportError) -> BrokerConnection {
        let start = ContinuousClock.now
        do {
            let connection = try await BrokerConnection.connect(to: address, options: options, group: group)
            metrics?.didOpen(since: start)
            return connection
        } catch {
            metrics?.didFail()
            throw error
        }
    }

    private func rest(before address: BrokerAddress) async throws(MartletError) {
        if let instant = restsUntil(address) { try await pause(until: instant, for: address) }
    }

    private func pause(
        until instant: ContinuousClock.Instant, for address: BrokerAddress
    ) async throws(MartletError) {
        do {
            try await Task.sleep(until: instant, clock: .continuous)
        } catch {
            throw .cancelled("the wait until \(address) may be asked again")
        }
    }

    private func didFail(_ address: BrokerAddress, _ error: MartletError) {
        state.withLock { state in
            guard let wait = state.slots[address]?.backoff.next() else { return }
            state.slots[address]?.restsUntil = .now + wait
        }
        logger.debug("no connection", metadata: ["broker": "\(address)", "reason": "\(error)"])
    }

    private func renew(_ connection: BrokerConnection) async throws(MartletError) {
        do {
            try await connection.authenticateAgain()
        } catch {
            let error = MartletError(error, doing: "renewing the session with \(connection.address)")
            if error.code != .cancelled { didFail(connection.address, error) }
            throw error
        }
    }

    /// Closes all connections; the next that is wanted is opened anew.
    func drop() {
        let connections = state.withLock { state in
            let connections = state.slots.values.compactMap(\.connection)
            for address in state.slots.keys { state.slots[address]?.connection = nil }
            return connections
        }
        for connection in connections { connection.close() }
    }

    /// Closes all connections for good.
    func close() {
        let connections = state.withLock { state in
            state.isClosed = true
            defer { state.slots = [:] }
            return state.slots.values.compactMap(\.connection)
        }
        for connection in connections { connection.close() }
    }
}
