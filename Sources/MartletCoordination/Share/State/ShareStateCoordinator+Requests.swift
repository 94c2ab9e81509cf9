internal import MartletCore
package import MartletWire

/// The requests of group coordinators and partition leaders. Each partition is looked at by itself.
extension ShareStateCoordinator {
    /// Begins states. A state that has this epoch already is left as it is: the request came twice.
    package func initializeShareGroupState(_ request: InitializeShareGroupStateRequest, _ call: Call) {
        let topics = request.topics.map { topic in
            InitializeShareGroupStateResponse.Topic {
                $0.id = topic.id
                $0.partitions = topic.partitions.map { partition in
                    let key = ShareStateKey(request.group, topic.id, partition.index)
                    let refusal = refusal(key) ?? begin(key, partition, now: call.now)
                    return .init {
                        $0.index = partition.index
                        $0.errorCode = refusal?.code ?? .none
                        $0.errorMessage = refusal?.message
                    }
                }
            }
        }
        reply(call.ticket, InitializeShareGroupStateResponse { $0.topics = topics })
    }

    private func begin(
        _ key: ShareStateKey, _ partition: InitializeShareGroupStateRequest.Partition, now: Timestamp
    ) -> GroupRefusal? {
        guard partition.startOffset >= .none, partition.stateEpoch >= 0 else {
            return GroupRefusal(.invalidRequest, "A start offset or state epoch is negative.")
        }
        if let state = states[key] {
            if partition.stateEpoch < state.stateEpoch { return .fencedState }
            if partition.stateEpoch == state.stateEpoch { return nil }
        }
        var value = ShareSnapshotValue()
        value.snapshotEpoch = states[key].map { $0.snapshotEpoch &+ 1 } ?? 0
        value.stateEpoch = partition.stateEpoch
        value.startOffset = partition.startOffset
        value.deliveryCompleteCount = partition.startOffset < 0 ? -1 : 0
        value.createTimestamp = now
        value.writeTimestamp = now
        append(.snapshot(key, value))
        return nil
    }

    /// Stores what became of records.
    package func writeShareGroupState(_ request: WriteShareGroupStateRequest, _ call: Call) {
        let topics = request.topics.map { topic in
            WriteShareGroupStateResponse.Topic {
                $0.id = topic.id
                $0.partitions = topic.partitions.map { partition in
                    let key = ShareStateKey(request.group, topic.id, partition.index)
                    let refusal = refusal(key) ?? write(key, partition, now: call.now)
                    return .init {
                        $0.index = partition.index
                        $0.errorCode = refusal?.code ?? .none
                        $0.errorMessage = refusal?.message
                    }
                }
            }
        }
        reply(call.ticket, WriteShareGroupStateResponse { $0.topics = topics })
    }

    private func write(
        _ key: ShareStateKey, _ partition: WriteShareGroupStateRequest.Partition, now: Timestamp
    ) -> GroupRefusal? {
        guard let state = states[key] else { return .uninitialized }
        if partition.leaderEpoch != .none, partition.leaderEpoch < state.leaderEpoch { return .fencedLeader }
        if partition.stateEpoch != -1, partition.stateEpoch != state.stateEpoch { return .fencedState }
        let batches = partition.stateBatches.map {
            ShareStateBatch($0.firstOffset, $0.lastOffset, $0.deliveryState, $0.deliveryCount)
        }
        guard batches.allSatisfy(\.isValid), partition.startOffset >= .none else {
            return GroupRefusal(.invalidRequest, "The offsets of a state batch are out of order.")
        }
        var update = ShareUpdateValue()
        update.snapshotEpoch = state.snapshotEpoch
        update.leaderEpoch = partition.leaderEpoch
        update.startOffset = partition.startOffset
        update.deliveryCompleteCount = partition.deliveryCompleteCount
        update.batches = ShareStateBatches(batches).all
        change(key, update, now: now)
        return nil
    }

    /// Reads states. From now on, who leads the partition with an older epoch than the reader is fenced.
    package func readShareGroupState(_ request: ReadShareGroupStateRequest, _ call: Call) {
        let topics = request.topics.map { topic in
            ReadShareGroupStateResponse.Topic {
                $0.id = topic.id
                $0.partitions = topic.partitions.map { partition in
                    let key = ShareStateKey(request.group, topic.id, partition.index)
                    return read(key, partition.leaderEpoch, now: call.now)
                }
            }
        }
        reply(call.ticket, ReadShareGroupStateResponse { $0.topics = topics })
    }

    private func read(
        _ key: ShareStateKey, _ leaderEpoch: LeaderEpoch, now: Timestamp
    ) -> ReadShareGroupStateResponse.Partition {
        var answer = ReadShareGroupStateResponse.Partition { $0.index = key.partition }
        let state = states[key]
        if let refusal = refusal(key) ?? readRefusal(state, leaderEpoch) {
            answer.errorCode = refusal.code
            answer.errorMessage = refusal.message
            return answer
        }
        guard let state else { return answer }
        answer.stateEpoch = state.stateEpoch
        answer.startOffset = state.startOffset
        answer.stateBatches = state.batches.all.map { batch in
            .init {
                $0.firstOffset = batch.firstOffset
                $0.lastOffset = batch.lastOffset
                $0.deliveryState = batch.deliveryState
                $0.deliveryCount = batch.deliveryCount
            }
        }
        if leaderEpoch > state.leaderEpoch {
            var update = ShareUpdateValue()
            update.snapshotEpoch = state.snapshotEpoch
            update.leaderEpoch = leaderEpoch
            change(key, update, now: now)
        }
        return answer
    }

    private func readRefusal(_ state: ShareState?, _ leaderEpoch: LeaderEpoch) -> GroupRefusal? {
        guard let state else { return .uninitialized }
        return leaderEpoch != .none && leaderEpoch < state.leaderEpoch ? .fencedLeader : nil
    }

    /// Reads where states stand; -1 where there is none.
    package func readShareGroupStateSummary(_ request: ReadShareGroupStateSummaryRequest, _ call: Call) {
        let topics = request.topics.map { topic in
            ReadShareGroupStateSummaryResponse.Topic {
                $0.id = topic.id
                $0.partitions = topic.partitions.map { partition in
                    summary(ShareStateKey(request.group, topic.id, partition.index), partition.leaderEpoch)
                }
            }
        }
        reply(call.ticket, ReadShareGroupStateSummaryResponse { $0.topics = topics })
    }

    private func summary(
        _ key: ShareStateKey, _ leaderEpoch: LeaderEpoch
    ) -> ReadShareGroupStateSummaryResponse.Partition {
        var answer = ReadShareGroupStateSummaryResponse.Partition { $0.index = key.partition }
        answer.startOffset = .none
        if let refusal = refusal(key) {
            answer.errorCode = refusal.code
            answer.errorMessage = refusal.message
            return answer
        }
        guard let state = states[key] else {
            answer.leaderEpoch = LeaderEpoch(rawValue: 0)
            return answer
        }
        if leaderEpoch != .none, leaderEpoch < state.leaderEpoch {
            answer.errorCode = GroupRefusal.fencedLeader.code
            answer.errorMessage = GroupRefusal.fencedLeader.message
            return answer
        }
        answer.stateEpoch = state.stateEpoch
        answer.leaderEpoch = state.leaderEpoch
        answer.startOffset = state.startOffset
        answer.deliveryCompleteCount = state.deliveryCompleteCount
        return answer
    }

    /// Forgets states. What is not there is forgotten already.
    package func deleteShareGroupState(_ request: DeleteShareGroupStateRequest, _ call: Call) {
        let topics = request.topics.map { topic in
            DeleteShareGroupStateResponse.Topic {
                $0.id = topic.id
                $0.partitions = topic.partitions.map { partition in
                    let key = ShareStateKey(request.group, topic.id, partition.index)
                    if states[key] != nil { append(.snapshot(key, nil)) }
                    return .init { $0.index = partition.index }
                }
            }
        }
        reply(call.ticket, DeleteShareGroupStateResponse { $0.topics = topics })
    }

    private func refusal(_ key: ShareStateKey) -> GroupRefusal? {
        if key.group.rawValue.isEmpty { return GroupRefusal(.invalidRequest, "The group id is empty.") }
        if key.partition < 0 { return GroupRefusal(.invalidRequest, "The partition is negative.") }
        return isKnown(key) ? nil : GroupRefusal(.unknownTopicOrPartition)
    }
}

extension GroupRefusal {
    static let fencedLeader = GroupRefusal(
        .fencedLeaderEpoch, "A newer leader of the partition has read the state.")
    static let fencedState = GroupRefusal(.fencedStateEpoch, "The state is of another life of the group.")
    static let uninitialized = GroupRefusal(.invalidRequest, "The group has no state for the partition.")
}
