/// How members of groups talk to the broker.
enum GroupProtocol: String, CaseIterable {
    /// JoinGroup, SyncGroup, Heartbeat: a member divides the partitions.
    case classic
    /// ConsumerGroupHeartbeat: the broker does (KIP-848).
    case consumer

    /// What clients keep to, unless told otherwise.
    var heartbeatIntervalMs: Int {
        switch self {
        case .classic: 3_000
        case .consumer: 5_000
        }
    }
}

extension Bench {
    /// Starts a broker where classic groups begin with whoever is there first, without waiting for others.
    func startBrokerForGroups(partitions: Int) throws(Failure) -> Server {
        let server = try startBroker(
            ["martlet.durability=sync", "group.initial.rebalance.delay.ms=0"], on: machine.allButLast)
        _ = try load(
            "create-topic", ["--partitions", "\(partitions)"], of: server, on: machine.allButLast)
        return server
    }
}
