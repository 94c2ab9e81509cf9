internal import MartletCoordination
internal import MartletCore
internal import MartletLog
internal import MartletWire
internal import NIOCore

/// One ShareFetch or ShareAcknowledge under way, on the loop of its connection.
///
/// Acknowledgements go first, each to the loop that owns its partition; they are applied in passing and
/// answered when they are durable. Then partitions are read in turn. If nothing could be acquired, the
/// operation waits at all of them until records come or become available, or the time is up. Where the member
/// asks for more than a byte, each round first measures what there is, and acquires only if that is enough:
/// what is acquired cannot be left to wait for more.
final class ShareFetchOperation {
    /// One partition that the request is about.
    struct Target: Sendable {
        let key: SharePartitionKey
        var acknowledgements: [AcknowledgementBatch] = []
        /// Whether the answer names it whatever happens.
        var mustAnswer = false
        /// Whether records are wanted, too.
        var isFetched = true
    }

    struct Options: Sendable {
        var session: ShareSession.Key
        /// Nil for acknowledgements alone.
        var fetch: ShareFetchRequest?
        var renewsLocks = false
    }

    /// What became of the acknowledgements of a target.
    struct Acknowledged: Sendable {
        var code = ErrorCode.none
        var message: String?
    }

    typealias Completion = (ShareFetchOperation) -> Void

    let targets: [Target]
    let options: Options
    private let context: RequestContext
    let shard: Shard
    let locations: [FetchTarget.Location]
    private let completion: Completion

    private(set) var results: [ShareFetchResult]
    var acknowledged: [Acknowledged]
    var pendingAcknowledgements = 0
    private(set) var isReading = false
    private(set) var isReadingDone: Bool
    /// Something has come while it was being read.
    var isStale = false
    var isWaiting = false
    private var isTimeUp: Bool
    /// Nothing more may be acquired.
    private var isStopped = false
    private(set) var isDone = false
    var timer: Scheduled<Void>?
    /// So many bytes are worth an answer before the time is up.
    private let minimumByteCount: Int
    private let maximumByteCount: Int

    init(
        _ targets: [Target], _ options: Options, _ context: RequestContext,
        _ completion: @escaping Completion
    ) {
        self.targets = targets
        self.options = options
        self.context = context
        self.completion = completion
        let shard = context.shard
        self.shard = shard
        locations = targets.map { target in
            let plain = FetchTarget(
                name: "", id: target.key.topic, index: target.key.index, offset: 0, maxBytes: 0,
                currentLeaderEpoch: .none, lastFetchedEpoch: .none)
            return target.key.topic == .zero
                ? .unknown(.unknownTopicID) : plain.location(in: shard.image, shard.router)
        }
        results = Array(repeating: ShareFetchResult(), count: targets.count)
        acknowledged = Array(repeating: Acknowledged(), count: targets.count)
        isReadingDone = (options.fetch?.maxRecords ?? 0) <= 0 || targets.isEmpty
        isTimeUp = (options.fetch?.maxWaitMs ?? 0) <= 0
        let limit = shard.environment.limits.fetchMaximumByteCount
        maximumByteCount = min(Int(max(0, options.fetch?.maxBytes ?? 0)), limit)
        minimumByteCount = min(Int(max(0, options.fetch?.minBytes ?? 0)), maximumByteCount)
    }

    /// Whether it looks for records.
    var isFetch: Bool { !isReadingDone }

    func start() {
        context.onCancel = { [self] in cancel() }
        context.onDrain = { [self] in stopReading() }
        acknowledgeAll()
        if isReadingDone { finishIfDone() } else { readAll() }
    }

    // MARK: Read

    func readAll() {
        // One byte is there if anything is.
        readAll(measuring: minimumByteCount > 1 && !isTimeUp)
    }

    private func readAll(measuring: Bool) {
        guard let fetch = options.fetch else { return }
        isReading = true
        isStale = false
        var allowance = ShareAllowance(
            bytes: FetchAllowance(byteCount: maximumByteCount), records: Int(max(0, fetch.maxRecords)))
        if measuring { allowance.wanted = minimumByteCount }
        read(from: 0, allowance)
    }

    private var acquisition: ShareAcquisition {
        ShareAcquisition(
            member: options.session.member, maximumRecords: 0,
            batchSize: Int(max(1, options.fetch?.batchSize ?? 1)),
            mode: options.fetch?.acquireMode ?? .batchOptimized)
    }

    /// Reads the targets from `first` on: those of this shard at once, a run of another shard's with one hop.
    private func read(from first: Int, _ allowance: ShareAllowance) {
        // What is acquired for nobody would have to wait for its lock to end.
        guard !isDone, !isStopped else { return finishRound(allowance) }
        var allowance = allowance
        var index = first
        while index < targets.count {
            switch locations[index] {
            case .unknown(let code):
                results[index].errorCode = code
            case .shard where !targets[index].isFetched:
                break
            case .shard(shard.index, _):
                results[index] = shard.acquire(targets[index].key, acquisition, &allowance)
            case .shard(let owner, _):
                return readElsewhere(index..<endOfRun(of: owner, from: index), owner, allowance)
            }
            index += 1
        }
        finishRound(allowance)
    }

    private func endOfRun(of owner: Int, from first: Int) -> Int {
        var end = first
        while end < targets.count, targets[end].isFetched, case .shard(owner, _) = locations[end] { end += 1 }
        return end
    }

    private func readElsewhere(_ run: Range<Int>, _ owner: Int, _ allowance: ShareAllowance) {
        let operation = NIOLoopBound(self, eventLoop: shard.eventLoop)
        let home = shard.eventLoop
        let keys = targets[run].map(\.key)
        let acquisition = acquisition
        shard.router[owner].execute { shard in
            var allowance = allowance
            let results = keys.map { shard.acquire($0, acquisition, &allowance) }
            let left = allowance
            home.execute {
                operation.value.results.replaceSubrange(run, with: results)
                operation.value.read(from: run.upperBound, left)
            }
        }
    }

    private func finishRound(_ allowance: ShareAllowance) {
        isReading = false
        guard !isDone else { return }
        let isNews = results.contains(where: \.isNews)
        if let wanted = allowance.wanted, !isStopped, isNews || isTimeUp || wanted <= 0 {
            return readAll(measuring: false)
        }
        if isTimeUp || isStopped || isNews { return finishReading() }
        if !isWaiting {
            startWaiting(Int64(options.fetch?.maxWaitMs ?? 0))
            // What happened elsewhere since it was read did not wake us yet.
            if !isLocal { return readAll() }
        } else {
            // A share partition may have ended, and another taken its place.
            register()
        }
        if isStale { readAll() }
    }

    // MARK: End

    /// The answer must not wait any longer for more than there is.
    func endWait() {
        isTimeUp = true
        guard !isReading, !isDone, !isReadingDone else { return }
        if minimumByteCount > 1 { readAll() } else { finishReading() }
    }

    /// Answers with what there is, for the session ends.
    func stopReading() {
        isStopped = true
        if !isReading, !isDone, !isReadingDone { finishReading() }
    }

    private func cancel() {
        isDone = true
        stopWaiting()
    }

    private func finishReading() {
        isReadingDone = true
        stopWaiting()
        finishIfDone()
    }

    func finishIfDone() {
        guard !isDone, isReadingDone, pendingAcknowledgements == 0 else { return }
        isDone = true
        completion(self)
    }
}

extension Shard {
    /// Acquires records of a share partition, on the shard that owns it.
    fileprivate func acquire(
        _ key: SharePartitionKey, _ wanted: ShareAcquisition, _ allowance: inout ShareAllowance
    ) -> ShareFetchResult {
        guard let shell = sharing.shell(key, on: self) else {
            var result = ShareFetchResult()
            result.errorCode = image[key.topic] == nil ? .unknownTopicID : .kafkaStorageError
            return result
        }
        return shell.acquire(wanted, &allowance)
    }
}
