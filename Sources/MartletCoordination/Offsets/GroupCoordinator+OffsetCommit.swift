internal import MartletCore
package import MartletWire

/// Groups store how far they have come.
extension GroupCoordinator {
    package func offsetCommit(_ request: OffsetCommitRequest, _ call: Call) {
        let storage = OffsetStorage(
            group: request.group, usesTopicIDs: call.version >= 10,
            retentionTimeMs: request.retentionTimeMs, now: call.now)
        let codes = store(request.topics, storage) { refuseCommit(request, call) }
        var response = OffsetCommitResponse()
        response.topics = zip(request.topics, codes).map { topic, codes in
            var answer = OffsetCommitResponse.Topic()
            answer.name = topic.name
            answer.id = topic.id
            answer.partitions = zip(topic.partitions, codes).map { partition, code in
                var answer = OffsetCommitResponse.Partition()
                answer.index = partition.index
                answer.errorCode = code
                return answer
            }
            return answer
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
        var committer = OffsetCommitter(version: call.version)
        committer.member = request.member
        committer.instance = request.instance
        committer.epoch = request.generation.rawValue
        let error = group.coordinated.validateOffsetCommit(committer)
        if error == nil, case .classic(let group) = group, let member = group.members[request.member] {
            extendSession(of: member, in: group, now: call.now)
        }
        return error
    }

    /// Takes over an offset. One of a group that is not known makes it: a group without members, which may
    /// get some later.
    func applyOffset(_ key: OffsetCommitKey, _ value: OffsetCommitValue?) {
        offsets.apply(key, value)
        if value != nil { makeGroup(key.group) }
    }

    /// Makes a group that is not known: one without members.
    func makeGroup(_ id: GroupID) {
        if groups[id] == nil { groups[id] = .classic(ClassicGroup(id)) }
    }
}
