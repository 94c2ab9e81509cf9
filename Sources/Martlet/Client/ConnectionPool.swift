internal import MartletCore
internal import MartletTransport
internal import NIOCore
internal import Synchronization

/// Connections to the brokers of a cluster, one each, opened when first needed and again after they ended.
///
/// A producer, a consumer and a client each have a pool of their own, so that a long poll delays nobody else.
final class ConnectionPool: Sendable {
    private struct Slot {
        var connection: BrokerConnection?
        let opening = SingleFlight<BrokerConnection>()
    }

    private struct State {
        var slots: [BrokerAddress: Slot] = [:]
        var isClosed = false
    }

    private let options: ConnectionOptions
    private let group: any EventLoopGroup
    private let state = Mutex(State())

    init(options: ConnectionOptions, group: any EventLoopGroup) {
        self.options = options
        self.group = group
    }

    /// The connection to a broker, if there is one that works.
    func existing(to address: BrokerAddress) -> BrokerConnection? {
        state.withLock { state in
            guard let connection = state.slots[address]?.connection, connection.isActive else { return nil }
            return connection
        }
    }

    /// The connection to a broker, opened if need be.
    func connection(to address: BrokerAddress) async throws(MartletError) -> BrokerConnection {
        if let connection = existing(to: address) { return connection }
        let opening: SingleFlight<BrokerConnection>? = state.withLock { state in
            guard !state.isClosed else { return nil }
            let slot = state.slots[address] ?? Slot()
            state.slots[address] = slot
            return slot.opening
        }
        guard let opening else { throw .closed("the client") }
        return try await opening.run { () async throws(MartletError) in
            // Another task may have opened it since we looked.
            if let connection = existing(to: address) { return connection }
            return try await open(to: address)
        }
    }

    private func open(to address: BrokerAddress) async throws(MartletError) -> BrokerConnection {
        let connection: BrokerConnection
        do {
            connection = try await BrokerConnection.connect(to: address, options: options, group: group)
        } catch {
            throw MartletError(error, doing: "connecting to \(address)")
        }
        let isKept = state.withLock { state in
            guard !state.isClosed else { return false }
            state.slots[address]?.connection = connection
            return true
        }
        guard isKept else {
            connection.close()
            throw .closed("the client")
        }
        return connection
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
