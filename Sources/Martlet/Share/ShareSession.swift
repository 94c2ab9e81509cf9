internal import MartletCore
internal import MartletWire

/// A share session with one broker: the partitions asked for there, and what is to be said about records that
/// came from there. No I/O.
struct ShareSession {
    /// Counts the requests; 0 opens the session.
    private(set) var epoch: Int32 = 0
    /// What the broker knows to be wanted, by topic id.
    private var known: [TopicID: Set<PartitionIndex>] = [:]
    /// Not yet told.
    private(set) var acknowledgements: [TopicID: [PartitionIndex: [Offset: AcknowledgeType]]] = [:]

    var hasNews: Bool { !acknowledgements.isEmpty }

    mutating func acknowledge(
        _ topic: TopicID, _ partition: PartitionIndex, _ offset: Offset, _ type: AcknowledgeType
    ) {
        acknowledgements[topic, default: [:]][partition, default: [:]][offset] = type
    }

    /// Fills in what has changed since the last request, and what is to be said.
    mutating func fill(_ request: inout ShareFetchRequest, wanted: [TopicID: Set<PartitionIndex>]) {
        request.shareSessionEpoch = epoch
        // The broker refuses acknowledgements with the request that opens a session: there is nothing yet.
        let news = epoch == 0 ? [:] : takeAcknowledgements()
        let ids = Set(wanted.keys).union(news.keys)
        request.topics = ids.sorted().compactMap { id in
            let added = (wanted[id] ?? []).subtracting(known[id] ?? [])
            let indices = added.union(news[id]?.keys.map { $0 } ?? [])
            guard !indices.isEmpty else { return nil }
            return ShareFetchRequest.Topic { topic in
                topic.id = id
                topic.partitions = indices.sorted().map { index in
                    ShareFetchRequest.Partition { partition in
                        partition.index = index
                        partition.acknowledgementBatches = Self.batches(news[id]?[index] ?? [:])
                    }
                }
            }
        }
        request.forgottenTopics = known.keys.sorted().compactMap { id in
            let gone = (known[id] ?? []).subtracting(wanted[id] ?? [])
            guard !gone.isEmpty else { return nil }
            return ShareFetchRequest.ForgottenTopic { topic in
                topic.id = id
                topic.partitions = gone.sorted()
            }
        }
        known = wanted
    }

    /// The last request: what is to be said, and the end of the session.
    mutating func fillLast(_ request: inout ShareAcknowledgeRequest) {
        request.shareSessionEpoch = -1
        request.topics = takeAcknowledgements().sorted { $0.key < $1.key }.map { id, partitions in
            ShareAcknowledgeRequest.Topic { topic in
                topic.id = id
                topic.partitions = partitions.sorted { $0.key < $1.key }.map { index, offsets in
                    ShareAcknowledgeRequest.Partition { partition in
                        partition.index = index
                        partition.acknowledgementBatches = Self.batches(offsets)
                    }
                }
            }
        }
    }

    mutating func didSucceed() { epoch = epoch == .max ? 1 : epoch + 1 }

    /// The broker no longer knows the session. Records that came by it are given to others when their locks
    /// run out.
    mutating func reset() { self = ShareSession() }

    private mutating func takeAcknowledgements() -> [TopicID: [PartitionIndex: [Offset: AcknowledgeType]]] {
        defer { acknowledgements = [:] }
        return acknowledgements
    }

    /// Runs of offsets with the same answer.
    private static func batches(_ offsets: [Offset: AcknowledgeType]) -> [AcknowledgementBatch] {
        var batches: [AcknowledgementBatch] = []
        for (offset, type) in offsets.sorted(by: { $0.key < $1.key }) {
            if let last = batches.last, last.lastOffset + 1 == offset, last.acknowledgeTypes == [type] {
                batches[batches.count - 1].lastOffset = offset
            } else {
                batches.append(
                    AcknowledgementBatch { batch in
                        batch.firstOffset = offset
                        batch.lastOffset = offset
                        batch.acknowledgeTypes = [type]
                    })
            }
        }
        return batches
    }
}
