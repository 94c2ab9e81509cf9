internal import MartletCore
package import MartletWire

/// Groups ask how far they have come.
extension GroupCoordinator {
    /// All groups of the request must be this coordinator's.
    package func offsetFetch(_ request: OffsetFetchRequest, _ call: Call) {
        var response = OffsetFetchResponse()
        let mode = FetchMode(usesTopicIDs: call.version >= 10, requireStable: request.requireStable)
        if call.version >= 8 {
            response.groups = request.groups.map { offsets(for: $0, mode) }
        } else {
            var asked = OffsetFetchRequest.Group()
            asked.id = request.group
            asked.topics = request.topics
            let answer = offsets(for: asked, mode)
            response.topics = answer.topics
            response.errorCode = answer.errorCode
        }
        reply(call.ticket, response)
    }

    private struct FetchMode {
        var usesTopicIDs: Bool
        /// Whoever asks goes on reading there, so no transaction must be open that may move it.
        var requireStable: Bool
    }

    private func offsets(for asked: OffsetFetchRequest.Group, _ mode: FetchMode) -> OffsetFetchResponse.Group
    {
        var answer = OffsetFetchResponse.Group()
        answer.id = asked.id
        var stored = offsets.byGroup[asked.id] ?? [:]
        switch groups[asked.id]?.coordinated.validateOffsetFetch(
            member: asked.member, epoch: asked.memberEpoch.rawValue)
        {
        // A group that does not exist has no offsets, which is no error.
        case .groupIDNotFound: stored = [:]
        case let error?:
            answer.errorCode = error
            return answer
        case nil: break
        }
        if let wanted = asked.topics {
            answer.topics = wanted.map { topic in
                let catalogued = mode.usesTopicIDs ? topics[topic.id] : nil
                let values = stored[catalogued?.name ?? topic.name] ?? [:]
                return offsets(of: topic, catalogued, in: asked.id, values, mode)
            }
        } else {
            answer.topics = all(stored, of: asked.id, mode)
        }
        return answer
    }

    /// - Parameter catalogued: What the id in `topic` stands for; nil for a topic that is named.
    private func offsets(
        of topic: OffsetFetchRequest.Topic, _ catalogued: TopicCatalogue.Topic?, in group: GroupID,
        _ values: [PartitionIndex: OffsetCommitValue], _ mode: FetchMode
    ) -> OffsetFetchResponse.Topic {
        var answer = OffsetFetchResponse.Topic()
        answer.name = topic.name
        answer.id = topic.id
        let isUnknown = topic.id != .zero && catalogued == nil
        answer.partitions = topic.partitions.map { index in
            if isUnknown { return OffsetFetchResponse.Partition(index, .unknownTopicID) }
            let key = OffsetCommitKey(group, catalogued?.name ?? topic.name, index)
            if isUnstable(key, mode) { return OffsetFetchResponse.Partition(index, .unstableOffsetCommit) }
            return OffsetFetchResponse.Partition(index, values[index], topic: catalogued?.id)
        }
        return answer
    }

    /// All that counts already. What is pending alone is not told of.
    private func all(
        _ stored: [TopicName: [PartitionIndex: OffsetCommitValue]], of group: GroupID, _ mode: FetchMode
    ) -> [OffsetFetchResponse.Topic] {
        stored.sorted { $0.key < $1.key }.compactMap { name, values in
            var answer = OffsetFetchResponse.Topic()
            answer.name = name
            if mode.usesTopicIDs {
                // A topic that is gone has no id to tell of it by.
                guard let catalogued = topics[name] else { return nil }
                answer.id = catalogued.id
            }
            answer.partitions = values.sorted { $0.key < $1.key }.map { index, value in
                isUnstable(OffsetCommitKey(group, name, index), mode)
                    ? OffsetFetchResponse.Partition(index, .unstableOffsetCommit)
                    : OffsetFetchResponse.Partition(index, value, topic: nil)
            }
            return answer
        }
    }

    private func isUnstable(_ key: OffsetCommitKey, _ mode: FetchMode) -> Bool {
        mode.requireStable && offsets.pending.contains(key)
    }
}

extension OffsetFetchResponse.Partition {
    /// No offset, and perhaps the reason.
    fileprivate init(_ index: PartitionIndex, _ errorCode: ErrorCode) {
        self.init()
        self.index = index
        self.errorCode = errorCode
        offset = .none
        metadata = ""
    }

    /// An offset of another topic that had the same name is none.
    fileprivate init(_ index: PartitionIndex, _ value: OffsetCommitValue?, topic: TopicID?) {
        self.init(index, .none)
        guard let value, topic == nil || value.topicID == .zero || value.topicID == topic else { return }
        offset = value.offset
        leaderEpoch = value.leaderEpoch
        metadata = value.metadata
    }
}
