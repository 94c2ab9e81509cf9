internal import MartletCore
internal import MartletLog
internal import MartletWire
internal import NIOCore

/// One Fetch request under way, on the loop of its connection.
///
/// Partitions are read in turn, each on the loop that owns it. If there is too little, the operation waits at
/// all of them: each movement of a high watermark wakes it to read again, until the minimum is there or the
/// time is up.
final class FetchOperation {
    private let request: FetchRequest
    private var targets: [FetchTarget]
    private let locations: [FetchTarget.Location]
    private let session: FetchSession?
    private let context: RequestContext
    private let shard: Shard

    private var results: [FetchResult]
    private var isReading = false
    private var isStale = false
    private var isWaiting = false
    private var isTimeUp: Bool
    private var isDone = false
    private var timer: Scheduled<Void>?

    init(_ request: FetchRequest, _ targets: [FetchTarget], session: FetchSession?, _ context: RequestContext)
    {
        self.request = request
        self.targets = targets
        self.session = session
        self.context = context
        shard = context.shard
        locations = targets.map { $0.location(in: context.shard.image, context.shard.router) }
        results = Array(repeating: FetchResult(), count: targets.count)
        isTimeUp = request.maxWaitMs <= 0 || targets.isEmpty
    }

    func start() {
        readAll()
    }

    // MARK: Read

    private func readAll() {
        isReading = true
        isStale = false
        read(from: 0, FetchAllowance(byteCount: maximumByteCount))
    }

    private var maximumByteCount: Int {
        min(Int(max(0, request.maxBytes)), shard.environment.limits.fetchMaximumByteCount)
    }

    /// Reads the targets from `first` on: those of this shard at once, a run of another shard's with one hop.
    private func read(from first: Int, _ allowance: FetchAllowance) {
        var allowance = allowance
        var index = first
        while index < targets.count {
            switch locations[index] {
            case .unknown(let code):
                results[index] = .failure(code)
            case .shard(shard.index, let topic):
                results[index] = shard.read(targets[index], of: topic, request.isolationLevel, &allowance)
            case .shard(let owner, _):
                return readElsewhere(index..<endOfRun(of: owner, from: index), owner, allowance)
            }
            index += 1
        }
        finishRound()
    }

    private func endOfRun(of owner: Int, from first: Int) -> Int {
        var end = first
        while end < targets.count, case .shard(owner, _) = locations[end] { end += 1 }
        return end
    }

    private func readElsewhere(_ run: Range<Int>, _ owner: Int, _ allowance: FetchAllowance) {
        let operation = NIOLoopBound(self, eventLoop: shard.eventLoop)
        let home = shard.eventLoop
        expectStop()
        let targets = Array(targets[run])
        let locations = Array(locations[run])
        let isolation = request.isolationLevel
        shard.router[owner].execute { shard in
            var allowance = allowance
            let results = zip(targets, locations).map { target, location in
                guard case .shard(_, let topic) = location else { return FetchResult() }
                return shard.read(target, of: topic, isolation, &allowance)
            }
            let left = allowance
            home.execute {
                operation.value.results.replaceSubrange(run, with: results)
                operation.value.read(from: run.upperBound, left)
            }
        }
    }

    /// The answer takes a while, and the broker may begin to stop meanwhile.
    private func expectStop() {
        guard context.onDrain == nil else { return }
        let operation = NIOLoopBound(self, eventLoop: shard.eventLoop)
        context.onDrain = { operation.value.timeUp() }
    }

    private func finishRound() {
        if readCold() { return }
        isReading = false
        guard !isDone else { return }
        if isSatisfied || isTimeUp { return finish() }
        if !isWaiting {
            wait()
            // What other loops appended since they were read did not wake us yet.
            if !isLocal { return readAll() }
        }
        if isStale { readAll() }
    }

    /// Has a thread bring what is not in the page cache from the disk, and reads all again then. Once for
    /// each target: there may be room for more of them when the first are read.
    private func readCold() -> Bool {
        var warmings: [CacheWarming] = []
        for index in results.indices {
            guard let warming = results[index].warming else { continue }
            warmings.append(warming)
            targets[index].isWarmed = true
        }
        guard !warmings.isEmpty else { return false }
        expectStop()
        let due = warmings
        let operation = NIOLoopBound(self, eventLoop: shard.eventLoop)
        shard.environment.disk.read(for: shard.eventLoop) {
            for warming in due { warming.perform() }
        } completion: {
            operation.value.readAll()
        }
        return true
    }

    private var isSatisfied: Bool {
        var byteCount = 0
        for result in results {
            if result.errorCode != .none || result.divergingEpoch != nil { return true }
            byteCount += result.byteCount
        }
        // Nobody gets more than the maximum, so it is no use waiting for it.
        return byteCount >= min(Int(request.minBytes), maximumByteCount)
    }

    private var isLocal: Bool {
        locations.allSatisfy { location in
            guard case .shard(let owner, _) = location else { return true }
            return owner == shard.index
        }
    }

    // MARK: Wait

    private func wait() {
        isWaiting = true
        let operation = NIOLoopBound(self, eventLoop: shard.eventLoop)
        timer = shard.eventLoop.scheduleTask(in: .milliseconds(Int64(request.maxWaitMs))) {
            operation.value.timeUp()
        }
        context.onCancel = { operation.value.stopWaiting() }
        context.onDrain = { operation.value.timeUp() }
        let home = shard.eventLoop
        let key = ObjectIdentifier(self)
        forEachPartition { shard, topic, index in
            shard.partitions[topic, index]?.addWaitingFetch(key) {
                if home.inEventLoop {
                    operation.value.wake()
                } else {
                    home.execute { operation.value.wake() }
                }
            }
        }
    }

    private func wake() {
        if isReading {
            isStale = true
        } else if !isDone {
            readAll()
        }
    }

    private func timeUp() {
        isTimeUp = true
        if !isReading, !isDone { finish() }
    }

    private func stopWaiting() {
        isDone = true
        timer?.cancel()
        timer = nil
        guard isWaiting else { return }
        isWaiting = false
        let key = ObjectIdentifier(self)
        forEachPartition { shard, topic, index in
            shard.partitions[topic, index]?.removeWaitingFetch(key)
        }
    }

    private func forEachPartition(_ body: @escaping @Sendable (Shard, TopicID, PartitionIndex) -> Void) {
        for (target, location) in zip(targets, locations) {
            guard case .shard(let owner, let topic) = location else { continue }
            let index = target.index
            shard.router[owner].execute { body($0, topic, index) }
        }
    }

    // MARK: Answer

    private func finish() {
        stopWaiting()
        var builder = FetchResponseBuilder()
        var session = session.flatMap { shard.fetchSessions[$0.id] }
        let isIncremental = request.sessionEpoch > 0
        for (target, result) in zip(targets, results) {
            let isNews = session?.isNews(target, result) ?? true
            if isNews || !isIncremental { builder.add(target, result) }
        }
        if let session { shard.fetchSessions.keep(session, now: .now()) }
        context.reply(builder.response(sessionID: session?.id ?? 0), regions: builder.regions)
    }
}
