internal import MartletCore
package import MartletWire

/// Groups ask how far they have come.
extension GroupCoordinator {
    /// All groups of the request must be this coordinator's.
    package func offsetFetch(_ request: OffsetFetchRequest, _ call: Call) {
        var response = OffsetFetchResponse()
        if call.version >= 8 {
            response.groups = request.groups.map { offsets(for: $0, version: call.version) }
        } else {
            var asked = OffsetFetchRequest.Group()
            asked.id = request.group
            asked.topics = request.topics
            let answer = offsets(for: asked, version: call.version)
            response.topics = answer.topics
            response.errorCode = answer.errorCode
        }
        reply(call.ticket, response)
    }

    private func offsets(for asked: OffsetFetchRequest.Group, version: Int16) -> OffsetFetchResponse.Group {
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
                guard version >= 10 else { return offsets(of: topic, nil, in: stored) }
                return offsets(of: topic, topics[topic.id], in: stored)
            }
        } else {
            answer.topics = all(stored, version: version)
        }
        return answer
    }

    /// - Parameter catalogued: What the id in `topic` stands for; nil for a topic that is named.
    private func offsets(
        of topic: OffsetFetchRequest.Topic, _ catalogued: TopicCatalogue.Topic?,
        in stored: [TopicName: [PartitionIndex: OffsetCommitValue]]
    ) -> OffsetFetchResponse.Topic {
        var answer = OffsetFetchResponse.Topic()
        answer.name = topic.name
        answer.id = topic.id
        let isUnknown = topic.id != .zero && catalogued == nil
        let values = stored[catalogued?.name ?? topic.name]
        answer.partitions = topic.partitions.map { index in
            var partition = OffsetFetchResponse.Partition(index, values?[index], topic: catalogued?.id)
            if isUnknown { partition.errorCode = .unknownTopicID }
            return partition
        }
        return answer
    }

    private func all(
        _ stored: [TopicName: [PartitionIndex: OffsetCommitValue]], version: Int16
    ) -> [OffsetFetchResponse.Topic] {
        stored.sorted { $0.key < $1.key }.compactMap { name, values in
            var answer = OffsetFetchResponse.Topic()
            answer.name = name
            if version >= 10 {
                // A topic that is gone has no id to tell of it by.
                guard let catalogued = topics[name] else { return nil }
                answer.id = catalogued.id
            }
            answer.partitions = values.sorted { $0.key < $1.key }.map { index, value in
                OffsetFetchResponse.Partition(index, value, topic: nil)
            }
            return answer
        }
    }
}

extension OffsetFetchResponse.Partition {
    /// An offset of another topic that had the same name is none.
    fileprivate init(_ index: PartitionIndex, _ value: OffsetCommitValue?, topic: TopicID?) {
        self.init()
        self.index = index
        offset = .none
        metadata = ""
        guard let value, topic == nil || value.topicID == .zero || value.topicID == topic else { return }
        offset = value.offset
        leaderEpoch = value.leaderEpoch
        metadata = value.metadata
    }
}
