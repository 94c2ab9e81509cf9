internal import MartletCore
internal import MartletWire

/// A share session with one broker: the partitions asked for there, and what is to be said about records that
/// came from there. No I/O.
struct ShareSession {
    typealias Instant = ContinuousClock.Instant

    /// A partition as the protocol names it.
    struct Place: Hashable, Comparable {
        let topic: TopicID
        let index: PartitionIndex

        static func < (lhs: Self, rhs: Self) -> Bool { (lhs.topic, lhs.index) < (rhs.topic, rhs.index) }
    }

    /// Counts the requests; 0 opens the session.
    private(set) var epoch: Int32 = 0
    /// What the broker knows to be wanted, by topic id.
    private var known: [TopicID: Set<PartitionIndex>] = [:]
    /// Not yet told.
    private(set) var pending: [Place: AcknowledgementRuns] = [:]
    /// When the first of them came.
    private(set) var pendingSince: Instant?
    /// Told by the request that is under way.
    private(set) var inFlight: [Place: AcknowledgementRuns] = [:]
    /// How many requests were begun; the one that is under way has this number.
    private(set) var exchange = 0
    private(set) var isBusy = false
    /// No request before this, as the last one failed.
    var retryAt: Instant?

    mutating func acknowledge(
        _ place: Place, _ range: ClosedRange<Offset>, _ type: AcknowledgeType, at now: Instant
    ) {
        if pending.isEmpty { pendingSince = now }
        pending[place, default: AcknowledgementRuns()].add(range, type)
    }

    // MARK: Requests

    /// Whether a request that only says something may be sent: it cannot open a session.
    var canAcknowledge: Bool { epoch > 0 && !pending.isEmpty }

    /// Fills in what has changed since the last request, and what is to be said.
    mutating func begin(_ request: inout ShareFetchRequest, wanted: [TopicID: Set<PartitionIndex>]) {
        request.shareSessionEpoch = epoch
        // A session that is not open yet has nothing to speak of.
        let said = begin(takes: epoch > 0)
        let ids = Set(wanted.keys).union(said.keys.map(\.topic))
        request.topics = ids.sorted().compactMap { id in
            let added = (wanted[id] ?? []).subtracting(known[id] ?? [])
            let indices = added.union(said.keys.lazy.filter { $0.topic == id }.map(\.index))
            guard !indices.isEmpty else { return nil }
            return ShareFetchRequest.Topic { topic in
                topic.id = id
                topic.partitions = indices.sorted().map { index in
                    ShareFetchRequest.Partition { partition in
                        partition.index = index
                        partition.acknowledgementBatches =
                            said[Place(topic: id, index: index)]?.batches ?? []
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

    /// Fills in what is to be said.
    mutating func begin(_ request: inout ShareAcknowledgeRequest, isLast: Bool = false) {
        request.shareSessionEpoch = isLast ? Self.finalEpoch : epoch
        let said = begin(takes: true)
        request.renewsLocks = said.values.contains(where: \.renews)
        request.topics = Set(said.keys.map(\.topic)).sorted().map { id in
            ShareAcknowledgeRequest.Topic { topic in
                topic.id = id
                topic.partitions = said.keys.filter { $0.topic == id }.sorted().map { place in
                    ShareAcknowledgeRequest.Partition { partition in
                        partition.index = place.index
                        partition.acknowledgementBatches = said[place]?.batches ?? []
                    }
                }
            }
        }
    }

    private static let finalEpoch: Int32 = -1

    private mutating func begin(takes: Bool) -> [Place: AcknowledgementRuns] {
        isBusy = true
        exchange += 1
        guard takes else { return [:] }
        inFlight = pending
        pending = [:]
        pendingSince = nil
        return inFlight
    }

    // MARK: Answers

    /// The broker has answered.
    ///
    /// - Returns: What was said with the request.
    mutating func didSucceed() -> [Place: AcknowledgementRuns] {
        epoch = epoch == .max ? 1 : epoch + 1
        retryAt = nil
        return end()
    }

    /// The session is over. Records that came by it go to others, at the latest when their locks run out.
    ///
    /// - Returns: What was said and not answered, and what could not be said any more.
    mutating func didFail() -> [Place: AcknowledgementRuns] {
        let unsaid = pending
        epoch = 0
        known = [:]
        pending = [:]
        pendingSince = nil
        return end().merging(unsaid) { said, unsaid in
            var all = said
            for run in unsaid.runs { all.add(run.range, run.type) }
            return all
        }
    }

    private mutating func end() -> [Place: AcknowledgementRuns] {
        isBusy = false
        defer { inFlight = [:] }
        return inFlight
    }
}

/// Runs of offsets of one partition with what is said of them, as they came.
struct AcknowledgementRuns {
    struct Run {
        var range: ClosedRange<Offset>
        let type: AcknowledgeType
    }

    private(set) var runs: [Run] = []

    /// Constant time where offsets come in order, as they mostly do.
    mutating func add(_ range: ClosedRange<Offset>, _ type: AcknowledgeType) {
        if let last = runs.last, last.type == type, last.range.upperBound + 1 == range.lowerBound {
            runs[runs.count - 1].range = last.range.lowerBound...range.upperBound
        } else {
            runs.append(Run(range: range, type: type))
        }
    }

    var renews: Bool { runs.contains { $0.type == .renew } }

    /// In the order of the offsets, as brokers demand it.
    var batches: [AcknowledgementBatch] {
        var sorted = AcknowledgementRuns()
        for run in runs.sorted(by: { $0.range.lowerBound < $1.range.lowerBound }) {
            sorted.add(run.range, run.type)
        }
        return sorted.runs.map { run in
            AcknowledgementBatch { batch in
                batch.firstOffset = run.range.lowerBound
                batch.lastOffset = run.range.upperBound
                batch.acknowledgeTypes = [run.type]
            }
        }
    }
}
