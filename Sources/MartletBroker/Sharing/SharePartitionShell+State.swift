internal import MartletCoordination
internal import MartletCore
internal import MartletLog
internal import MartletWire
internal import NIOCore

/// How the state of a share partition is loaded and stored.
extension SharePartitionShell {
    /// What fails for now is tried again so often.
    private static let attempts = 10
    private static let retryDelay = TimeAmount.milliseconds(200)

    // MARK: Load

    func load(attempt: Int = 1) {
        let shell = NIOLoopBound(self, eventLoop: shard.eventLoop)
        let home = shard.eventLoop
        store.read(key, partition.leaderEpoch, from: shard) { result in
            home.execute { shell.value.didRead(result, attempt) }
        }
    }

    private func didRead(_ result: StoredShareState, _ attempt: Int) {
        guard !isEnded else { return }
        switch result {
        case .failure(let unavailable):
            if Self.isTransient(unavailable.code), attempt < Self.attempts {
                retry { $0.load(attempt: attempt + 1) }
            } else {
                fail(unavailable.code)
            }
        case .success(let stored) where stored.startOffset >= 0: begin(stored, at: stored.startOffset)
        case .success(let stored): chooseStart(stored)
        }
    }

    private func retry(_ body: @escaping @Sendable (SharePartitionShell) -> Void) {
        let shell = NIOLoopBound(self, eventLoop: shard.eventLoop)
        shard.eventLoop.scheduleTask(in: Self.retryDelay) {
            if !shell.value.isEnded { body(shell.value) }
        }
    }

    /// Whether the store may answer otherwise in a moment.
    private static func isTransient(_ code: ErrorCode) -> Bool {
        switch code {
        case .notCoordinator, .coordinatorLoadInProgress, .coordinatorNotAvailable: true
        default: false
        }
    }

    private func chooseStart(_ stored: ReadShareGroupStateResponse.Partition) {
        let reset = shard.shareSettings(of: key.group).reset
        switch reset {
        case .earliest: begin(stored, at: partition.offsets.start)
        case .latest: begin(stored, at: partition.offsets.highWatermark)
        case .age(let age):
            let time = shard.environment.clock() - age
            let snapshot = partition.snapshot()
            partition.run { () throws(LogError) in
                try snapshot.offset(forTimestamp: time)
            } completion: { [weak self] partition, result in
                switch result {
                case .success(let found):
                    self?.begin(stored, at: found?.offset ?? partition.offsets.highWatermark)
                case .failure(let error):
                    self?.shard.note(error)
                    self?.fail(error.errorCode)
                }
            }
        }
    }

    private func begin(_ stored: ReadShareGroupStateResponse.Partition, at initial: Offset) {
        guard !isEnded else { return }
        let offsets = partition.offsets
        machine = SharePartition(
            stored, initial: initial, log: (offsets.start, offsets.highWatermark),
            shard.shareSettings(of: key.group).partition)
        afterEvent()
        wakeFetches()
    }

    // MARK: Save

    func save() {
        guard !isWriting, var write = machine?.takeWrite() else { return }
        isWriting = true
        write.index = key.index
        write.leaderEpoch = partition.leaderEpoch
        send(write, attempt: 1)
    }

    private func send(_ write: WriteShareGroupStateRequest.Partition, attempt: Int) {
        let shell = NIOLoopBound(self, eventLoop: shard.eventLoop)
        let home = shard.eventLoop
        store.write(key, write, from: shard) { code in
            home.execute { shell.value.didWrite(write, code, attempt) }
        }
    }

    private func didWrite(
        _ write: WriteShareGroupStateRequest.Partition, _ code: ErrorCode, _ attempt: Int
    ) {
        guard !isEnded else { return }
        if Self.isTransient(code), attempt < Self.attempts {
            // Whether it was stored is not known; to store it twice does no harm.
            return retry { $0.send(write, attempt: attempt + 1) }
        }
        guard code == .none else { return fail(code) }
        isWriting = false
        machine?.finishWrite()
        let saved = machine?.savedChanges ?? 0
        let due = unsaved.prefix { $0.change <= saved }
        unsaved.removeFirst(due.count)
        for entry in due { entry.answer(.none, nil) }
        afterEvent()
        // A start that was chosen is safe now, or there is room again.
        wakeFetches()
    }

    /// Errors of the store as members are told of them.
    static func code(_ code: ErrorCode) -> ErrorCode {
        switch code {
        case .notCoordinator, .coordinatorLoadInProgress, .coordinatorNotAvailable: .coordinatorNotAvailable
        case .fencedStateEpoch, .fencedLeaderEpoch: .notLeaderOrFollower
        default: code
        }
    }
}
