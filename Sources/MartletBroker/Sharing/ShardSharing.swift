internal import MartletCore
internal import MartletWire
internal import NIOCore

/// What one shard does for share groups: the sessions of its connections, and the share partitions of its
/// partitions.
final class ShardSharing {
    var sessions: ShareSessionTable
    private var shells: [SharePartitionKey: SharePartitionShell] = [:]
    private var isStopped = false
    /// Set once by the broker before it accepts connections.
    var letters: DeadLetterCopier?

    init(sessionSlots: Int) {
        sessions = ShareSessionTable(slots: sessionSlots)
    }

    // MARK: Share partitions

    /// The share partition, loaded if it is not here yet; nil if its partition is not (any more).
    func shell(_ key: SharePartitionKey, on shard: Shard) -> SharePartitionShell? {
        if let shell = shells[key], !shell.partition.isClosed, !shell.isReplaceable { return shell }
        shells[key]?.end(.notLeaderOrFollower)
        shells[key] = nil
        guard !isStopped, let states = shard.shareStates, let letters,
            let partition = shard.partitions[key.topic, key.index],
            !partition.isClosed
        else { return nil }
        let shell = SharePartitionShell(key, partition, states, letters, on: shard)
        shells[key] = shell
        return shell
    }

    /// The share partition, if a member reads it.
    func existing(_ key: SharePartitionKey) -> SharePartitionShell? {
        guard let shell = shells[key], !shell.isEnded else { return nil }
        return shell
    }

    /// Lets go of a share partition that has ended.
    func remove(_ shell: SharePartitionShell) {
        if shells[shell.key] === shell { shells[shell.key] = nil }
    }

    /// What is stored has been changed by someone else: the next fetch begins with that.
    func forget(_ key: SharePartitionKey) {
        shells.removeValue(forKey: key)?.end(.notLeaderOrFollower)
    }

    func release(_ key: SharePartitionKey, of member: MemberID, undoesDelivery: Bool) {
        guard let shell = shells[key] else { return }
        shell.releaseAll(of: member, undoesDelivery: undoesDelivery)
        if shell.isEnded { shells[key] = nil }
    }

    func imageChanged(_ image: MetadataImage) {
        for (key, shell) in shells where image[key.topic] == nil {
            shells[key] = nil
            shell.end(.unknownTopicID)
        }
    }

    /// Ends the service of all share partitions.
    func stop() {
        isStopped = true
        for shell in shells.values { shell.end(.notLeaderOrFollower) }
        shells = [:]
    }

    // MARK: Sessions

    /// Ends a session: its fetch that waits is answered, and what its member has is taken back.
    ///
    /// - Parameter undoesDelivery: The member said that it leaves, and what it did not acknowledge counts as
    ///   never delivered.
    func endSession(_ key: ShareSession.Key, undoesDelivery: Bool, on shard: Shard) {
        guard let session = sessions.remove(key) else { return }
        session.operation?.stopReading()
        for target in session.visited {
            release(target, key, undoesDelivery: undoesDelivery, on: shard)
        }
    }

    /// Takes back what a member has in a partition, wherever that lives.
    func release(
        _ target: ShareSession.Target, _ key: ShareSession.Key, undoesDelivery: Bool, on shard: Shard
    ) {
        let partition = SharePartitionKey(group: key.group, topic: target.topic, index: target.index)
        shard.router[shard.router.owner(of: target.topic, target.index)].execute { shard in
            shard.sharing.release(partition, of: key.member, undoesDelivery: undoesDelivery)
        }
    }

    /// The members that spoke by this connection may be dead: others get their records.
    func connectionClosed(_ connection: ObjectIdentifier, on shard: Shard) {
        for key in sessions.keys(of: connection) {
            endSession(key, undoesDelivery: false, on: shard)
        }
    }
}
