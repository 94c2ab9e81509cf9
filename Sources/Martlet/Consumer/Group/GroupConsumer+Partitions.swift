internal import Logging
internal import MartletCore
internal import MartletTransport
internal import MartletWire
internal import Synchronization

/// Taking over and giving up partitions, for the loop.
extension GroupConsumer {
    /// How long the loop looks for offsets at a time: meanwhile it sends no heartbeats.
    private static let lookupTimeout = Duration.seconds(2)

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
            return state.ownership.isInHand(partitions)
        }
        if isInHand {
            if ContinuousClock.now < deadline { return false }
            logger.warning(
                "partitions are given up although their records are not done; these come again",
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
        logger.info("gave up partitions", metadata: ["partitions": "\(partitions.sorted())"])
        return true
    }

    /// Partitions that the group has taken away: whatever was done of them belongs to somebody else now.
    func lose(_ reason: String) {
        let partitions = state.withLock { $0.ownership.partitions }
        drop(partitions)
        guard !partitions.isEmpty else { return }
        client.telemetry.consumer?.didLose(partitions)
        logger.warning(
            "the group has moved on without this member; it joins again",
            metadata: ["reason": "\(reason)", "lost": "\(partitions.sorted())"])
    }

    private func drop(_ partitions: Set<TopicPartition>) {
        reader.state.withLock { $0.remove(partitions) }
        state.withLock { state in
            state.ownership.giveUp(partitions)
            if let cursor = state.cursor, partitions.contains(cursor.partition) { state.cursor = nil }
        }
    }

    /// Takes over partitions where the group has left off.
    func take(_ partitions: Set<TopicPartition>) async throws(MartletError) {
        if partitions.isEmpty { return }
        let stored = try await storedOffsets(of: partitions)
        var starts: [TopicPartition: StartPosition] = [:]
        for partition in partitions where stored[partition] == nil {
            guard let start = configuration.start else {
                throw MartletError(
                    .offsetOutOfRange,
                    "group \"\(configuration.group)\" has stored no offset for \(partition); set one with"
                        + " `martlet group reset`, or configure where to start")
            }
            starts[partition] = start
        }
        let found = try await reader.resolver.offsets(of: starts)
        let retry = client.configuration.retry
        let positions = partitions.reduce(into: [TopicPartition: Offset]()) { positions, partition in
            positions[partition] = stored[partition] ?? found[partition]
        }
        client.metadataState.withLock { state in
            for topic in Set(positions.keys.map(\.topic)) { state.want(topic, allowsCreation: false) }
        }
        state.withLock { state in
            for (partition, position) in positions {
                state.ownership.take(partition, at: position, isCommitted: stored[partition] != nil)
            }
        }
        reader.state.withLock { state in
            state.add(
                positions.map { partition, position in
                    PartitionReader(partition: partition, start: .offset(position), stop: nil, retry: retry)
                })
        }
        reader.wakeup.signal()
        client.telemetry.consumer?.didTake(partitions.count)
        logger.info("took over partitions", metadata: ["partitions": "\(partitions.sorted())"])
    }

    /// Whether to wait for transactions that are about to store offsets. Where offsets are not stored by the
    /// consumer itself they may be by transactions, and then an old one would mean records twice.
    private var needsStableOffsets: Bool {
        configuration.reader.isolationLevel == .readCommitted || configuration.autoCommitInterval == nil
    }

    /// What the group has stored.
    func storedOffsets(
        of partitions: Set<TopicPartition>
    ) async throws(MartletError) -> [TopicPartition: Offset] {
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
            of: configuration.group, request, doing: activity, atMostVersion: Admin.highestOffsetVersion,
            within: Self.lookupTimeout
        ) { OffsetFetchExchange.coordinatorCode(of: $0) }
        return try OffsetFetchExchange.offsets(in: response, doing: activity).mapValues(\.offset)
    }
}
