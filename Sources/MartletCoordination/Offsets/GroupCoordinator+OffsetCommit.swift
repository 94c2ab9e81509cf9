internal import MartletCore
package import MartletWire

/// Groups store how far they have come.
extension GroupCoordinator {
    package func offsetCommit(_ request: OffsetCommitRequest, _ call: Call) {
        var response = OffsetCommitResponse()
        response.topics = request.topics.map { topic in
            var answer = OffsetCommitResponse.Topic()
            answer.name = topic.name
            answer.id = topic.id
            return answer
        }
        // What does not exist is refused whoever asks; if nothing else is left, nobody is asked.
        let found = request.topics.map { $0.resolve(in: topics, version: call.version) }
        let isWanted = zip(request.topics, found).contains { topic, found in
            topic.partitions.contains { found.error(for: $0.index) == .none }
        }
        let refusal = isWanted ? refuseCommit(request, call) : nil
        for (index, topic) in request.topics.enumerated() {
            response.topics[index].partitions = topic.partitions.map { partition in
                var answer = OffsetCommitResponse.Partition()
                answer.index = partition.index
                answer.errorCode = found[index].error(for: partition.index)
                if answer.errorCode == .none { answer.errorCode = refusal ?? check(partition) }
                if answer.errorCode == .none, let catalogued = found[index].topic {
                    commit(partition, of: catalogued, request, call)
                }
                return answer
            }
        }
        reply(call.ticket, response)
    }

    /// Why the group does not take offsets from who asks. If it does, the session of the member goes on.
    private func refuseCommit(_ request: OffsetCommitRequest, _ call: Call) -> ErrorCode? {
        guard let group = groups[request.group] else {
            // Whoever has no generation needs no group: it is made with the first offset.
            if request.generation < GenerationID(rawValue: 0) { return nil }
            return call.version >= 9 ? .groupIDNotFound : .illegalGeneration
        }
        let error = group.coordinated.validateOffsetCommit(
            member: request.member, instance: request.instance,
            epoch: request.generation.rawValue, version: call.version)
        if error == nil, case .classic(let group) = group, let member = group.members[request.member] {
            extendSession(of: member, in: group, now: call.now)
        }
        return error
    }

    private func check(_ partition: OffsetCommitRequest.Partition) -> ErrorCode {
        let count = partition.metadata?.utf16.count ?? 0
        return count > settings.offsetMetadataMaximumByteCount ? .offsetMetadataTooLarge : .none
    }

    private func commit(
        _ partition: OffsetCommitRequest.Partition, of topic: TopicCatalogue.Topic,
        _ request: OffsetCommitRequest, _ call: Call
    ) {
        var value = OffsetCommitValue()
        value.offset = partition.offset
        value.metadata = partition.metadata ?? ""
        value.commitTimestamp = call.now
        if request.retentionTimeMs == -1 {
            value.leaderEpoch = partition.leaderEpoch
            value.topicID = topic.id
        } else {
            // The form of the record that has this time has neither epoch nor id.
            let (end, isTooLate) = call.now.rawValue.addingReportingOverflow(request.retentionTimeMs)
            value.expireTimestamp = Timestamp(rawValue: isTooLate ? .max : end)
        }
        append(.offset(OffsetCommitKey(request.group, topic.name, partition.index), value))
    }

    /// Takes over an offset. One of a group that is not known makes it: a group without members, which may
    /// get some later.
    func applyOffset(_ key: OffsetCommitKey, _ value: OffsetCommitValue?) {
        offsets.apply(key, value)
        if value != nil, groups[key.group] == nil { groups[key.group] = .classic(ClassicGroup(key.group)) }
    }
}

/// What the catalogue knows of a topic that somebody asks for.
struct FoundTopic {
    var topic: TopicCatalogue.Topic?
    /// What is said of a topic that is not there.
    var missing: ErrorCode

    func error(for partition: PartitionIndex) -> ErrorCode {
        guard let topic else { return missing }
        return partition >= 0 && Int(partition) < topic.partitionCount ? .none : .unknownTopicOrPartition
    }
}

extension OffsetCommitRequest.Topic {
    /// By its name, or since version 10 by its id.
    fileprivate func resolve(in topics: TopicCatalogue, version: Int16) -> FoundTopic {
        version >= 10
            ? FoundTopic(topic: topics[id], missing: .unknownTopicID)
            : FoundTopic(topic: topics[name], missing: .unknownTopicOrPartition)
    }
}
