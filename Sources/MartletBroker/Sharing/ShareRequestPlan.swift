internal import MartletCore
internal import MartletWire

/// What a ShareFetch or ShareAcknowledge asks for, whichever it is.
struct ShareRequestPlan {
    struct Part {
        let target: ShareSession.Target
        let acknowledgements: [AcknowledgementBatch]
    }

    var parts: [Part] = []
    var forgotten: Set<ShareSession.Target> = []

    init(_ request: ShareFetchRequest) {
        parts = request.topics.flatMap { topic in
            topic.partitions.map {
                Part(
                    target: .init(topic: topic.id, index: $0.index),
                    acknowledgements: $0.acknowledgementBatches)
            }
        }
        forgotten = Set(
            request.forgottenTopics.flatMap { topic in
                topic.partitions.map { ShareSession.Target(topic: topic.id, index: $0) }
            })
    }

    init(_ request: ShareAcknowledgeRequest) {
        parts = request.topics.flatMap { topic in
            topic.partitions.map {
                Part(
                    target: .init(topic: topic.id, index: $0.index),
                    acknowledgements: $0.acknowledgementBatches)
            }
        }
    }

    var hasAcknowledgements: Bool { parts.contains { !$0.acknowledgements.isEmpty } }

    /// Whether a partition is named twice.
    var isAmbiguous: Bool { Set(parts.map(\.target)).count != parts.count }

    /// What to do: the partitions that the request names, first those, then the others of the session.
    func targets(_ group: GroupID, turn: [ShareSession.Target]) -> [ShareFetchOperation.Target] {
        func target(_ target: ShareSession.Target) -> ShareFetchOperation.Target {
            ShareFetchOperation.Target(
                key: SharePartitionKey(group: group, topic: target.topic, index: target.index))
        }
        var positions: [ShareSession.Target: Int] = [:]
        var targets: [ShareFetchOperation.Target] = []
        for known in turn {
            positions[known] = targets.count
            targets.append(target(known))
        }
        for part in parts {
            let position = positions[part.target] ?? targets.count
            if position == targets.count { targets.append(target(part.target)) }
            targets[position].acknowledgements = part.acknowledgements
            targets[position].mustAnswer = true
            targets[position].isFetched = positions[part.target] != nil
        }
        return targets
    }
}
