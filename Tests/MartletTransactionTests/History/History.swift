import MartletCore

/// What clients have done and seen, in the order in which it happened: all that the checker knows.
///
/// A broker's inner life is not part of it. What a client cannot know, such as whether a commit without an
/// answer counts, the checker finds out from what is there in the end.
struct History {
    private(set) var events: [Event] = []

    /// The place that the next event will have: where something begins that is recorded when it ends.
    var now: Int { events.count }

    mutating func record(_ event: Event) { events.append(event) }

    enum Event {
        /// An incarnation has got its producer id and epoch; all that had a smaller one are fenced.
        case initialised(ClientName, ProducerID, ProducerEpoch)
        case began(TransactionName, by: ClientName)
        /// Records were sent. Without a source they are new, otherwise each is made from one that was read.
        case wrote(TransactionName, TopicPartition, [Record])
        /// The offsets of what was read were sent.
        case consumed(TransactionName, Consumption)
        /// The first request to commit was sent. Whatever ends before it is aborted.
        case committing(TransactionName)
        /// The end was confirmed.
        case ended(TransactionName, isCommit: Bool)
        case polled(Poll)
        case fetchedOffset(OffsetFetch)
        /// The broker lost its memory, and with a power cut some of its disk.
        case crashed(String)
        /// Says nothing to the checker.
        case noted(String)
        case finished(Final)
    }
}

/// Names a transaction as its client has begun it. Unlike producer ids and epochs it is never used again.
struct TransactionName: Hashable, Comparable, CustomStringConvertible {
    let rawValue: Int

    var description: String { "T\(rawValue)" }
    static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}

/// One life of a transactional producer: whoever is initialised later under the same id fences it.
struct ClientName: Hashable, CustomStringConvertible {
    var id: TransactionalID
    var incarnation: Int

    var description: String { "\(id)/\(incarnation)" }
}

/// The content of a record. No two are alike.
struct Value: Hashable, Comparable, CustomStringConvertible {
    let rawValue: Int

    var description: String { "v\(rawValue)" }
    static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}

extension History {
    struct Record: Hashable {
        var value: Value
        /// What it was made from.
        var source: Value?
    }

    /// What a transaction says it has read.
    struct Consumption {
        var group: GroupID
        var partition: TopicPartition
        var offsets: Range<Offset>
    }

    struct Place: Hashable, CustomStringConvertible {
        var offset: Offset
        var value: Value

        var description: String { "\(value)@\(offset)" }
    }

    /// What a consumer got from one partition, when it had dropped what it must not show.
    struct Poll {
        var reader: String
        var partition: TopicPartition
        var isCommitted: Bool
        var offsets: Range<Offset>
        var records: [Place]
        var lastStable: Offset
        var highWatermark: Offset
        /// When the request was sent.
        var began: Int
    }

    /// How far a group has come, as the broker says; nil if it has not begun.
    struct OffsetFetch {
        var group: GroupID
        var partition: TopicPartition
        var offset: Offset?
        var isStable: Bool
        /// When the request was sent.
        var began: Int
    }

    /// What is there when all clients have ended and all time-outs have passed.
    struct Final {
        var partitions: [TopicPartition: Partition] = [:]
        var offsets: [GroupID: [TopicPartition: Offset]] = [:]
        /// Transactional ids under which a new transaction could not be completed any more.
        var stuck: [TransactionalID] = []

        struct Partition {
            /// As a read-committed consumer sees it, from the start on.
            var records: [Place] = []
            var lastStable: Offset
            var highWatermark: Offset
        }
    }
}

extension History.Event: CustomStringConvertible {
    var description: String {
        switch self {
        case .initialised(let client, let id, let epoch): "\(client) is initialised as \(id):\(epoch)"
        case .began(let name, let client): "\(name) begins, by \(client)"
        case .wrote(let name, let partition, let records):
            "\(name) writes \(records.map(\.value)) to \(partition)"
        case .consumed(let name, let consumption):
            "\(name) has read \(consumption.partition) \(consumption.offsets) in \(consumption.group)"
        case .committing(let name): "\(name) asks to commit"
        case .ended(let name, let isCommit): "\(name) is \(isCommit ? "committed" : "aborted")"
        case .polled(let poll):
            "\(poll.reader) polls \(poll.partition) \(poll.offsets): \(poll.records), stable to "
                + "\(poll.lastStable) of \(poll.highWatermark)"
        case .fetchedOffset(let fetch):
            "\(fetch.group) is at \(fetch.offset.map(\.description) ?? "no offset") of \(fetch.partition)"
        case .crashed(let how): "the broker: \(how)"
        case .noted(let text): "  \(text)"
        case .finished(let final):
            "in the end: "
                + final.partitions.sorted { $0.key < $1.key }.map { partition, content in
                    "\(partition): \(content.records) stable to \(content.lastStable) of "
                        + "\(content.highWatermark)"
                }.joined(separator: "; ")
                + final.offsets.map { " \($0): \($1.sorted { $0.key < $1.key })" }.joined()
        }
    }
}
