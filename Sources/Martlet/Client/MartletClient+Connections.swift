internal import MartletCore
internal import MartletTransport

extension MartletClient {
    func connection(
        to destination: Destination, in pool: ConnectionPool
    ) async throws(MartletError) -> BrokerConnection {
        switch destination {
        case .any:
            return try await anyConnection(in: pool)
        case .controller:
            if metadata.controller == .none { try await refreshMetadata() }
            let controller = metadata.controller
            guard controller != .none else { return try await anyConnection(in: pool) }
            return try await connection(to: .broker(controller), in: pool)
        case .broker(let id):
            if metadata.brokers[id] == nil { try await refreshMetadata() }
            guard let address = metadata.brokers[id] else {
                throw MartletError(
                    .connectionFailed, "broker \(id) is not part of the cluster at the moment",
                    isRetriable: true)
            }
            return try await pool.connection(to: address)
        }
    }

    /// A connection to whoever answers: open ones first, then known brokers, then the bootstrap servers. So a
    /// cluster whose brokers have all been replaced is found again by its bootstrap names (KIP-899).
    func anyConnection(in pool: ConnectionPool) async throws(MartletError) -> BrokerConnection {
        var candidates: [BrokerAddress] = []
        for address in metadata.brokers.values.shuffled() + configuration.bootstrapServers
        where !candidates.contains(address) {
            candidates.append(address)
        }
        for address in candidates {
            if let connection = pool.existing(to: address) { return connection }
        }
        // Those that have just failed come last; the order is else kept.
        let rests = candidates.map { (address: $0, until: pool.restsUntil($0)) }
        let ready = rests.filter { $0.until == nil }.map(\.address)
        let resting = rests.compactMap { rest in rest.until.map { (rest.address, $0) } }
            .sorted { $0.1 < $1.1 }.map(\.0)
        return try await ConnectionRace(candidates: ready + resting, pool: pool).run()
    }
}
