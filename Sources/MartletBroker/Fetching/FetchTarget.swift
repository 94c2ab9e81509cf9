internal import MartletCore
internal import MartletLog
internal import MartletWire

/// One partition that a fetch asks for.
struct FetchTarget: Sendable {
    /// How the request named the topic; `id` is zero where it gave a name, and the other way round.
    var name: TopicName
    var id: TopicID
    var index: PartitionIndex
    var offset: Offset
    var maxBytes: Int
    var currentLeaderEpoch: LeaderEpoch
    var lastFetchedEpoch: LeaderEpoch
    /// Whether threads have brought what it asks for into the page cache. What other readers have it drop
    /// again, the loop waits for.
    var isWarmed = false

    /// Where the partition lives, or why it cannot be read.
    enum Location: Sendable {
        case shard(Int, TopicID)
        case unknown(ErrorCode)
    }

    func location(in image: MetadataImage, _ router: ShardRouter) -> Location {
        let topic = id == .zero ? image.topics[name] : image[id]
        guard let topic else { return .unknown(id == .zero ? .unknownTopicOrPartition : .unknownTopicID) }
        guard topic.partitions.indices.contains(Int(index)) else { return .unknown(.unknownTopicOrPartition) }
        return .shard(router.owner(of: topic.id, index), topic.id)
    }
}

/// What was read for a target.
struct FetchResult: Sendable {
    var errorCode = ErrorCode.none
    var highWatermark = Offset.none
    var lastStableOffset = Offset.none
    var logStartOffset = Offset.none
    /// Where the reader's history ends to agree with ours; set if its last record is not in our log.
    var divergingEpoch: (epoch: LeaderEpoch, endOffset: Offset)?
    var slice: LogSlice?
    /// What must be read from the disk before there can be a slice; nil if nothing.
    var warming: CacheWarming?
    /// What a read-committed reader must leave out of the slice; nil for others.
    var abortedTransactions: [AbortedTransaction]?

    var byteCount: Int { slice?.byteCount ?? 0 }

    static func failure(_ code: ErrorCode) -> FetchResult {
        var result = FetchResult()
        result.errorCode = code
        return result
    }
}

/// What a fetch may still return while its partitions are read one after the other.
struct FetchAllowance: Sendable {
    var byteCount: Int
    /// The first batch of all is returned even if it is larger than every limit, or a reader could never get
    /// past it (KIP-74).
    var hasData = false

    mutating func take(_ count: Int) {
        byteCount = max(0, byteCount - count)
        if count > 0 { hasData = true }
    }
}

extension Shard {
    /// Reads one target on the shard that owns it.
    func read(
        _ target: FetchTarget, of topic: TopicID, _ isolation: IsolationLevel,
        _ allowance: inout FetchAllowance
    ) -> FetchResult {
        guard let partition = partitions[topic, target.index] else {
            // Offline, unless its topic was deleted while the fetch was waiting.
            guard image[topic] == nil else { return .failure(.kafkaStorageError) }
            return .failure(target.id == .zero ? .unknownTopicOrPartition : .unknownTopicID)
        }
        if let error = partition.check(target.currentLeaderEpoch) { return .failure(error) }
        let offsets = partition.offsets
        var result = FetchResult()
        result.highWatermark = offsets.highWatermark
        result.lastStableOffset = offsets.lastStable
        result.logStartOffset = offsets.start
        switch partition.history(of: target) {
        case .unknown:
            return .failure(.offsetOutOfRange)
        case .diverges(let epoch, let endOffset):
            result.divergingEpoch = (epoch, endOffset)
            return result
        case .agrees:
            break
        }
        guard offsets.start <= target.offset, target.offset <= offsets.end else {
            result.errorCode = .offsetOutOfRange
            return result
        }
        if isolation == .readCommitted { result.abortedTransactions = [] }
        let limit = partition.readLimit(isolation)
        guard target.offset < limit, allowance.byteCount > 0 || !allowance.hasData else { return result }
        let maxBytes = min(target.maxBytes, allowance.byteCount)
        if !target.isWarmed, let warming = partition.warming(from: target.offset, maxBytes: maxBytes) {
            allowance.take(warming.byteCount)
            result.warming = warming
            return result
        }
        do {
            let slice = try partition.read(
                from: target.offset, upTo: limit, maxBytes: maxBytes, atLeastOneBatch: !allowance.hasData)
            if isolation == .readCommitted {
                result.abortedTransactions = try partition.log.abortedTransactions(
                    in: slice.baseOffset..<slice.nextOffset)
            }
            allowance.take(slice.byteCount)
            result.slice = slice.isEmpty ? nil : slice
        } catch {
            note(error)
            result.errorCode = error.errorCode
        }
        return result
    }
}

extension Partition {
    /// Whether the client believes in another leader than this one.
    func check(_ currentLeaderEpoch: LeaderEpoch) -> ErrorCode? {
        guard currentLeaderEpoch >= LeaderEpoch(rawValue: 0) else { return nil }
        if currentLeaderEpoch < leaderEpoch { return .fencedLeaderEpoch }
        if currentLeaderEpoch > leaderEpoch { return .unknownLeaderEpoch }
        return nil
    }

    /// How what the reader has read so far relates to our log.
    fileprivate enum History {
        case agrees
        /// They part at the end of this epoch.
        case diverges(LeaderEpoch, endOffset: Offset)
        /// We never heard of the epoch, so that nobody knows where they part.
        case unknown
    }

    fileprivate func history(of target: FetchTarget) -> History {
        guard target.lastFetchedEpoch >= LeaderEpoch(rawValue: 0) else { return .agrees }
        let (epoch, end) = endOffset(for: target.lastFetchedEpoch)
        guard epoch != .none, end != .none else { return .unknown }
        guard epoch < target.lastFetchedEpoch || end < target.offset else { return .agrees }
        return .diverges(epoch, endOffset: end)
    }
}
