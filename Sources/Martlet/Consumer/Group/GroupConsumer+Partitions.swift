internal import Logging
internal import MartletCore
internal import MartletTransport
internal import MartletWire
internal import Synchronization

/// Taking over and giving up partitions, for the loop.
extension GroupConsumer {
    /// Gives up partitions: lets the user finish what they have of them, stores how far that is.
    ///
    /// - Parameter deadline: When to go ahead although records are still in somebody's hands.
    /// - Returns: False if that is to be waited for; the loop is woken when the user comes back.
    func giveUp(
        _ partitions: Set<TopicPartition>, deadline: ContinuousClock.Instant
    ) async throws(MartletError) -> Bool {
        if partitions.isEmpty { return true }
        let isInHand = state.withLock { state in
            state.ownership.beginRevoking(partitions)
            if let cursor = state.cursor, partitions.contains(cursor.partition) { state.cursor = nil }
            return state.ownership.isInHand(partitions)
        }
        announcer.willRevoke(partitions, until: deadline)
        if isInHand || announcer.isAwaited(partitions) {
            if ContinuousClock.now < deadline { return false }
            logger.warning(
                "partitions are given up although somebody works on them; what is not stored comes again",
                metadata: ["partitions": "\(partitions.sorted())"])
        }
        if configuration.autoCommitInterval != nil {
            do {
                try await storeDone(of: partitions)
            } catch {
                if error.code == .cancelled { throw error }
                logger.warning(
                    "offsets could not be stored before partitions were given up; records come again",
                    metadata: ["reason": "\(error)"])
            }
        }
        drop(partitions)
        client.telemetry.consumer?.didGiveUp(partitions)
        announcer.didDrop(partitions, areLost: false)
        logger.info("gave up partitions", metadata: ["partitions": "\(partitions.sorted())"])
        return true
    }

    /// Partitions that the group has taken away: whatever was done of them belongs to somebody else now.
    func lose(_ reason: String) {
        let partitions = state.withLock { $0.ownership.partitions }
        drop(partitions)
        guard !partitions.isEmpty else { return }
        client.telemetry.consumer?.didLose(partitions)
        announcer.didDrop(partitions, areLost: true)
        logger.warning(
            "the group has moved on without this member; it joins again",
            metadata: ["reason": "\(reason)", "partitions": "\(partitions.sorted())"])
    }

    private func drop(_ partitions: Set<TopicPartition>) {
        reader.state.withLock { $0.remove(partitions) }
        state.withLock { state in
            state.ownership.giveUp(partitions)
            if let cursor = state.cursor, partitions.contains(cursor.partition) { state.cursor = nil }
        }
    }

    /// Takes over partitions where the group has left off. Looks that up as long as it takes: meanwhile
    /// `stayAlive` keeps the member in its group.
    ///
    /// - Parameter stayAlive: Sends heartbeats until one of them has news, and gives those.
    /// - Returns: The news that came before the partitions were taken over, if any did: then they are not.
    func take<News: Sendable>(
        _ partitions: Set<TopicPartition>,
        while stayAlive: @escaping @Sendable () async throws(MartletError) -> News
    ) async throws(MartletError) -> News? {
        if partitions.isEmpty { return nil }
        switch try await race(
            { () async throws(MartletError) in try await self.starts(of: partitions) }, stayAlive)
        {
        case .first(let starts): take(starts)
        case .second(let news): return news
        case .stopped: throw .cancelled("taking over partitions")
        }
        return nil
    }

    private func take(_ starts: [TopicPartition: Start]) {
        let retry = client.configuration.retry
        client.metadataState.withLock { state in
            for topic in Set(starts.keys.map(\.topic)) { state.want(topic, allowsCreation: false) }
        }
        state.withLock { state in
            for (partition, start) in starts {
                state.ownership.take(
                    partition, at: start.offset, epoch: start.epoch, isCommitted: start.isCommitted)
            }
        }
        reader.add(
            starts.map { partition, start in
                PartitionReader(
                    partition: partition, start: .offset(start.offset), epoch: start.epoch, stop: nil,
                    retry: retry)
            })
        client.telemetry.consumer?.didTake(starts.count)
        announcer.didAssign(Set(starts.keys))
        logger.info("took over partitions", metadata: ["partitions": "\(starts.keys.sorted())"])
    }

    /// Where a partition begins for this member.
    private struct Start: Sendable {
        var offset: Offset
        var epoch = LeaderEpoch.none
        /// Stored by the group, as opposed to found just now.
        var isCommitted = false
    }

    private func starts(
        of partitions: Set<TopicPartition>
    ) async throws(MartletError) -> [TopicPartition: Start] {
        var starts = try await storedOffsets(of: partitions).mapValues { stored in
            Start(offset: stored.offset, epoch: stored.leaderEpoch, isCommitted: true)
        }
        var unknown: [TopicPartition: StartPosition] = [:]
        for partition in partitions where starts[partition] == nil {
            guard let start = configuration.start else {
                throw MartletError(
                    .offsetOutOfRange,
                    "group \"\(configuration.group)\" has stored no offset for \(partition); set one with"
                        + " `martlet group reset`, or configure where to start")
            }
            unknown[partition] = start
        }
        for (partition, offset) in try await reader.resolver.offsets(of: unknown) {
            starts[partition] = Start(offset: offset)
        }
        return starts
    }

    /// Whether to wait for transactions that are about to store offsets. Where offsets are not stored by the
    /// consumer itself they may be by transactions, and then an old one would mean records twice.
    private var needsStableOffsets: Bool {
        configuration.reader.isolationLevel == .readCommitted || configuration.autoCommitInterval == nil
    }

    /// What the group has stored.
    func storedOffsets(
        of partitions: Set<TopicPartition>
    ) async throws(MartletError) -> [TopicPartition: GroupOffset] {
        let identity = state.withLock { $0.identity }
        let activity = "asking where group \"\(configuration.group)\" has left off"
        var member: MemberID?
        var epoch = MemberEpoch(rawValue: -1)
        if configuration.groupProtocol == .consumer {
            member = identity.id
            epoch = MemberEpoch(rawValue: identity.generation.rawValue)
        }
        let request = OffsetFetchExchange.request(
            group: configuration.group, member: member, memberEpoch: epoch,
            partitions: partitions.sorted(),
            requireStable: needsStableOffsets)
        let response = try await client.sendToCoordinator(
            of: configuration.group, request, doing: activity, atMostVersion: Admin.highestOffsetVersion
        ) { OffsetFetchExchange.coordinatorCode(of: $0) }
        return try OffsetFetchExchange.offsets(in: response, doing: activity)
    }
}
