internal import MartletCoordination
internal import MartletCore
internal import MartletLog
internal import MartletWire
internal import NIOCore

/// One ShareFetch or ShareAcknowledge under way, on the loop of its connection.
///
/// Acknowledgements go first, each to the loop that owns its partition; they are applied in passing and
/// answered when they are durable. Then partitions are read in turn. If nothing could be acquired, the
/// operation waits at all of them until records come or become available, or the time is up.
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
    private let options: Options
    private let context: RequestContext
    private let shard: Shard
    private let locations: [FetchTarget.Location]
    private let completion: Completion

    private(set) var results: [ShareFetchResult]
    private(set) var acknowledged: [Acknowledged]
    private var pendingAcknowledgements = 0
    private var isReading = false
    private var isReadingDone: Bool
    private var isStale = false
    private var isWaiting = false
    private var isTimeUp: Bool
    /// Nothing more may be acquired.
    private var isStopped = false
    private var isDone = false
    private var timer: Scheduled<Void>?

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
    }

    /// Whether it looks for records.
    var isFetch: Bool { !isReadingDone }

    func start() {
        context.onCancel = { [self] in cancel() }
        context.onDrain = { [self] in stopReading() }
        acknowledgeAll()
        if isReadingDone { finishIfDone() } else { readAll() }
    }

    // MARK: Acknowledge

    private func acknowledgeAll() {
        let home = shard.eventLoop
        let operation = NIOLoopBound(self, eventLoop: home)
        let member = options.session.member
        let renews = options.renewsLocks
        for (index, target) in targets.enumerated() where !target.acknowledgements.isEmpty {
            guard case .shard(let owner, _) = locations[index] else {
                if case .unknown(let code) = locations[index] { acknowledged[index].code = code }
                continue
            }
            pendingAcknowledgements += 1
            shard.router[owner].execute { shard in
                let answer: @Sendable (ErrorCode, String?) -> Void = { code, message in
                    home.execute { operation.value.didAcknowledge(index, code, message) }
                }
                guard let shell = shard.sharing.existing(target.key) else {
                    return answer(.invalidRecordState, "The member has no records of this partition.")
                }
                shell.acknowledge(target.acknowledgements, by: member, allowsRenewal: renews, answer)
            }
        }
    }

    private func didAcknowledge(_ index: Int, _ code: ErrorCode, _ message: String?) {
        acknowledged[index] = Acknowledged(code: code, message: message)
        pendingAcknowledgements -= 1
        finishIfDone()
    }

    // MARK: Read

    private func readAll() {
        guard let fetch = options.fetch else { return }
        isReading = true
        isStale = false
        let maximum = min(Int(max(0, fetch.maxBytes)), shard.environment.limits.fetchMaximumByteCount)
        read(
            from: 0,
            ShareAllowance(bytes: FetchAllowance(byteCount: maximum), records: Int(max(0, fetch.maxRecords))))
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
        guard !isDone, !isStopped else { return finishRound() }
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
        finishRound()
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

    private func finishRound() {
        isReading = false
        guard !isDone else { return }
        if isTimeUp || isStopped || results.contains(where: \.isNews) { return finishReading() }
        if !isWaiting {
            startWaiting()
            // What happened elsewhere since it was read did not wake us yet.
            if !isLocal { return readAll() }
        } else {
            // A share partition may have ended, and another taken its place.
            register()
        }
        if isStale { readAll() }
    }

    private var isLocal: Bool {
        locations.allSatisfy { location in
            guard case .shard(let owner, _) = location else { return true }
            return owner == shard.index
        }
    }

    // MARK: Wait

    private func startWaiting() {
        isWaiting = true
        let operation = NIOLoopBound(self, eventLoop: shard.eventLoop)
        let maximum = TimeAmount.milliseconds(Int64(options.fetch?.maxWaitMs ?? 0))
        timer = shard.eventLoop.scheduleTask(in: maximum) { operation.value.stopReading() }
        register()
    }

    private func register() {
        let operation = NIOLoopBound(self, eventLoop: shard.eventLoop)
        let home = shard.eventLoop
        let id = ObjectIdentifier(self)
        forEachPartition { shard, key in
            let wake: @Sendable () -> Void = {
                // Also from this loop as a task of its own: whoever wakes us is in the middle of something.
                home.execute { operation.value.wake() }
            }
            shard.partitions[key.topic, key.index]?.addWaitingFetch(id, wake: wake)
            shard.sharing.shell(key, on: shard)?.addWaitingFetch(id, wake: wake)
        }
    }

    private func wake() {
        if isReading {
            isStale = true
        } else if !isDone, !isReadingDone {
            readAll()
        }
    }

    /// Answers with what there is: the time is up, or the session ends.
    func stopReading() {
        isStopped = true
        if !isReading, !isDone, !isReadingDone { finishReading() }
    }

    private func stopWaiting() {
        timer?.cancel()
        timer = nil
        guard isWaiting else { return }
        isWaiting = false
        let id = ObjectIdentifier(self)
        forEachPartition { shard, key in
            shard.partitions[key.topic, key.index]?.removeWaitingFetch(id)
            shard.sharing.existing(key)?.removeWaitingFetch(id)
        }
    }

    private func forEachPartition(_ body: @escaping @Sendable (Shard, SharePartitionKey) -> Void) {
        for (target, location) in zip(targets, locations) {
            guard target.isFetched, case .shard(let owner, _) = location else { continue }
            let key = target.key
            shard.router[owner].execute { body($0, key) }
        }
    }

    // MARK: End

    private func cancel() {
        isDone = true
        stopWaiting()
    }

    private func finishReading() {
        isReadingDone = true
        stopWaiting()
        finishIfDone()
    }

    private func finishIfDone() {
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
