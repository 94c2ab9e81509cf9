internal import Logging
internal import MartletCore
internal import MartletTransport
internal import MartletWire
internal import Synchronization

extension GroupConsumer {
    /// Stores how far the member has got in all its partitions.
    ///
    /// With `RecordCompletion.onNextPoll` all that was handed out counts as done.
    ///
    /// - Throws: If the group has moved on without this member (`broker(.unknownMemberID)` and others): the
    ///   records will come again, to another member or to this one.
    public func commit() async throws(MartletError) {
        if configuration.completion == .onNextPoll { finishAll() }
        try await requestCommit(nil)
    }

    /// Stores offsets: for each partition that of the next record to read.
    public func commit(_ offsets: [TopicPartition: Offset]) async throws(MartletError) {
        try await commit(offsets.mapValues { GroupOffset($0) })
    }

    /// Stores offsets with text of your own, which the group keeps and `committed` gives back: for each
    /// partition that of the next record to read.
    ///
    /// - Throws: As `commit()` does. When the task is cancelled, `cancelled`: the offsets may be stored or
    ///   not.
    public func commit(_ offsets: [TopicPartition: GroupOffset]) async throws(MartletError) {
        if offsets.isEmpty { return }
        try await requestCommit(offsets)
    }

    /// Has all that is done stored, without waiting for it; with `RecordCompletion.onNextPoll` that is all
    /// that was handed out. What goes wrong is logged, and made good by the next commit.
    public func commitSoon() {
        if configuration.completion == .onNextPoll { finishAll() }
        submitCommit(nil)
    }

    /// Has offsets stored without waiting for it: for each partition that of the next record to read. What
    /// goes wrong is logged.
    public func commitSoon(_ offsets: [TopicPartition: GroupOffset]) {
        if !offsets.isEmpty { submitCommit(offsets) }
    }

    /// What the group has stored for partitions, by whichever member.
    public func committed(
        _ partitions: [TopicPartition]
    ) async throws(MartletError) -> [TopicPartition: GroupOffset] {
        try await client.admin.groupOffsets(of: configuration.group, partitions: partitions)
    }

    /// Nobody waits for the answer. What already waits to be stored takes these in.
    private func submitCommit(_ offsets: [TopicPartition: GroupOffset]?) {
        state.withLock { state in
            guard state.ending == nil else { return }
            let last = state.commitRequests.indices.last
            if let last, state.commitWaiters[state.commitRequests[last].id] == nil,
                (state.commitRequests[last].offsets == nil) == (offsets == nil)
            {
                state.commitRequests[last].offsets?.merge(offsets ?? [:]) { _, new in new }
            } else {
                state.nextCommitID += 1
                state.commitRequests.append(.init(id: state.nextCommitID, offsets: offsets))
            }
        }
        wakeup.signal()
    }

    /// Has the loop store them, so that commits and changes of the membership come one after the other.
    private func requestCommit(_ offsets: [TopicPartition: GroupOffset]?) async throws(MartletError) {
        let id = state.withLock { state in
            state.nextCommitID += 1
            return state.nextCommitID
        }
        let result: Result<Void, MartletError> = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let refusal: MartletError? = state.withLock { state in
                    if Task.isCancelled { return .cancelled("the commit") }
                    if let ending = state.ending { return ending }
                    guard state.commitRequests.count < GroupConsumerState.maximumCommitRequests else {
                        return MartletError(
                            .invalidArgument,
                            "\(GroupConsumerState.maximumCommitRequests) commits wait already; await some",
                            isRetriable: true)
                    }
                    state.commitRequests.append(.init(id: id, offsets: offsets))
                    state.commitWaiters[id] = continuation
                    return nil
                }
                if let refusal {
                    continuation.resume(returning: .failure(refusal))
                } else {
                    wakeup.signal()
                }
            }
        } onCancel: {
            finishCommit(id, .failure(.cancelled("the commit")))
        }
        try result.get()
    }

    /// Tells who waits for a commit how it went. One that nobody waits for any more is carried out all the
    /// same: what is done may be stored.
    func finishCommit(_ id: Int, _ result: Result<Void, MartletError>) {
        let waiter = state.withLock { $0.commitWaiters.removeValue(forKey: id) }
        if let waiter { return waiter.resume(returning: result) }
        guard case .failure(let error) = result, error.code != .cancelled else { return }
        logger.warning("offsets could not be stored", metadata: ["reason": "\(error.message)"])
    }

    // MARK: For the loop

    /// Stores what is done and not stored.
    ///
    /// - Parameter partitions: Nil for all.
    func storeDone(of partitions: Set<TopicPartition>? = nil) async throws(MartletError) {
        let skipped = reader.state.withLock { $0.readers.compactMapValues(\.skippedTo) }
        let offsets = state.withLock { state in
            for (partition, offset) in skipped { state.ownership.skip(partition, upTo: offset) }
            return state.ownership.uncommitted(of: partitions)
        }
        try await store(offsets)
    }

    func store(_ offsets: [TopicPartition: GroupOffset]) async throws(MartletError) {
        guard !offsets.isEmpty else { return }
        let start = ContinuousClock.now
        var isStored = false
        defer { client.telemetry.consumer?.didCommit(since: start, failed: !isStored) }
        let group = configuration.group
        let activity = "storing offsets of group \"\(group)\""
        let identity = state.withLock { $0.identity }
        let request = OffsetCommitExchange.request(
            group: group, member: identity, offsets: offsets)
        let response = try await client.sendToCoordinator(
            of: group, request, doing: activity, atMostVersion: Admin.highestOffsetVersion
        ) { OffsetCommitExchange.coordinatorCode(in: $0) }
        var stored: [TopicPartition: Offset] = [:]
        var refusal: (partition: TopicPartition, code: ErrorCode)?
        for (partition, code) in OffsetCommitExchange.codes(in: response) {
            switch code {
            case .none: stored[partition] = offsets[partition]?.offset
            case .unknownTopicOrPartition, .unknownTopicID:
                // The topic is gone, and with it what there was to remember.
                logger.warning(
                    "a topic is gone, its offset is not stored", metadata: ["partition": "\(partition)"])
                stored[partition] = offsets[partition]?.offset
            default: refusal = (partition, code)
            }
        }
        state.withLock { [stored] in $0.ownership.didCommit(stored) }
        isStored = refusal == nil
        if let refusal { throw .commitRefused(refusal.code, refusal.partition, doing: activity) }
    }
}

extension MartletError {
    static func commitRefused(
        _ code: ErrorCode, _ partition: TopicPartition, doing activity: String
    ) -> MartletError {
        guard code.saysMemberIsOutdated else {
            return broker(code, nil, doing: "\(activity) for \(partition)")
        }
        return MartletError(
            .broker(code),
            "\(activity): the group has moved on without this member (\(code)); records since the last"
                + " stored offset come again. If it was busy for longer than rebalanceTimeout, raise that"
                + " or fetch less"
        )
    }
}

extension ErrorCode {
    /// The coordinator no longer takes the sender for what it says it is.
    var saysMemberIsOutdated: Bool {
        switch self {
        case .unknownMemberID, .illegalGeneration, .fencedMemberEpoch, .staleMemberEpoch,
            .rebalanceInProgress, .fencedInstanceID:
            true
        default: false
        }
    }
}
