internal import MartletCoordination
internal import MartletCore
internal import MartletLog
internal import MartletWire
internal import NIOCore

extension SharePartitionShell {
    /// Read at once for one member, at the most.
    private static let maximumReadByteCount = 8 << 20
    /// Parts of the log that are looked through at once in search of something to deliver.
    private static let maximumReads = 16

    /// Acquires records for a member, as many as the allowance has.
    func acquire(_ wanted: ShareAcquisition, _ allowance: inout ShareAllowance) -> ShareFetchResult {
        members.insert(wanted.member)
        let settings = shard.shareSettings(of: key.group)
        var result = ShareFetchResult(lockDurationMs: settings.partition.lockDurationMs)
        guard machine != nil else {
            if let failure { result.errorCode = failure.code }
            return result
        }
        machine?.settings = settings.partition
        machine?.logStartMoved(to: partition.offsets.start)
        machine?.advance(to: clock.now())
        defer { afterEvent() }
        do throws(LogError) {
            if let left = allowance.wanted {
                let maxBytes = max(left, Self.readByteCount(allowance))
                allowance.wanted = left - (try measure(settings.isolation, upTo: left, maxBytes))
            } else {
                try acquire(wanted, settings.isolation, &allowance, &result)
            }
        } catch {
            shard.note(error)
            result.errorCode = error.errorCode
        }
        return result
    }

    private static func readByteCount(_ allowance: ShareAllowance) -> Int {
        min(allowance.bytes.byteCount, maximumReadByteCount)
    }

    /// Whether a read there need not wait for the disk. Otherwise there is nothing for anyone for now:
    /// threads bring it into the page cache, and wake the fetches then.
    private func isAtHand(from offset: Offset, _ maxBytes: Int) -> Bool {
        if let coldRead {
            guard coldRead.isDone else { return false }
            // If other readers have had it dropped again, the loop waits for it: somebody must get on.
            if coldRead.offset == offset { return true }
        }
        guard let warming = partition.warming(from: offset, maxBytes: maxBytes) else { return true }
        coldRead = ColdRead(offset: offset)
        partition.perform(warming) { [self] in
            coldRead?.isDone = true
            wakeFetches()
        }
        return false
    }

    /// How many bytes there are to read for the member. What others have among them counts as well: to look
    /// closer costs more than an answer that is too small.
    ///
    /// - Parameter maxBytes: What is read next if that is enough.
    private func measure(
        _ isolation: IsolationLevel, upTo maximum: Int, _ maxBytes: Int
    ) throws(LogError) -> Int {
        let limit = partition.readLimit(isolation)
        guard maximum > 0, let offset = machine?.fetchOffset(), offset < limit,
            isAtHand(from: offset, maxBytes)
        else { return 0 }
        let slice = try partition.read(from: offset, upTo: limit, maxBytes: maximum, atLeastOneBatch: true)
        // There is more behind it, in another segment perhaps.
        return slice.nextOffset < limit ? maximum : slice.byteCount
    }

    private func acquire(
        _ wanted: ShareAcquisition, _ isolation: IsolationLevel, _ allowance: inout ShareAllowance,
        _ result: inout ShareFetchResult
    ) throws(LogError) {
        let limit = partition.readLimit(isolation)
        var last: Offset?
        var reads = 0
        // Where there is nothing to deliver, the next read begins behind it.
        while let offset = machine?.fetchOffset(), offset < limit, offset != last {
            guard allowance.bytes.byteCount > 0 || !allowance.bytes.hasData, allowance.records > 0 else {
                return
            }
            guard reads < Self.maximumReads else { return readOnLater() }
            reads += 1
            last = offset
            if try acquire(wanted, isolation, offset..<limit, &allowance, &result) { return }
        }
    }

    /// Long aborted transactions must not keep the loop from its other work.
    private func readOnLater() {
        let shell = NIOLoopBound(self, eventLoop: shard.eventLoop)
        shard.eventLoop.execute { shell.value.wakeFetches() }
    }

    /// Returns whether there is nothing to look for any more: the member got something, or nothing can be
    /// read now.
    private func acquire(
        _ wanted: ShareAcquisition, _ isolation: IsolationLevel, _ range: Range<Offset>,
        _ allowance: inout ShareAllowance, _ result: inout ShareFetchResult
    ) throws(LogError) -> Bool {
        let maxBytes = Self.readByteCount(allowance)
        guard isAtHand(from: range.lowerBound, maxBytes) else { return true }
        coldRead = nil
        let slice = try partition.read(
            from: range.lowerBound, upTo: range.upperBound, maxBytes: maxBytes,
            atLeastOneBatch: !allowance.bytes.hasData)
        guard !slice.isEmpty else { return true }
        let aborted = try partition.abortedTransactions(in: slice, isolation)
        let reader = ShareBatchReader(slice, aborted)
        var wanted = wanted
        wanted.maximumRecords = allowance.records
        let acquired = machine?.acquire(wanted, from: range.lowerBound, reader, now: clock.now()) ?? []
        guard let first = acquired.first, let last = acquired.last,
            let part = reader.slice(from: first.firstOffset, to: last.lastOffset)
        else {
            if reader.isDamaged { result.errorCode = .corruptMessage }
            return reader.isDamaged
        }
        result.acquired = acquired
        result.slice = part
        allowance.bytes.take(part.byteCount)
        allowance.records -= acquired.reduce(0) { $0 + Int($1.lastOffset - $1.firstOffset) + 1 }
        return true
    }
}

extension Partition {
    /// The transactions in a part of the log that were aborted, if the reader must not see any of them.
    fileprivate func abortedTransactions(
        in slice: LogSlice, _ isolation: IsolationLevel
    ) throws(LogError) -> [AbortedTransaction] {
        guard isolation == .readCommitted else { return [] }
        return try log.abortedTransactions(in: slice.baseOffset..<slice.nextOffset)
    }
}

/// What a share fetch may still return while its partitions are read one after the other.
struct ShareAllowance: Sendable {
    var bytes: FetchAllowance
    var records: Int
    /// How many bytes are still wanted, while it is measured what there is and nothing is acquired.
    var wanted: Int?
}

/// What a share fetch found in one partition.
struct ShareFetchResult: Sendable {
    var errorCode = ErrorCode.none
    var lockDurationMs: Int64 = 0
    var slice: LogSlice?
    var acquired: [ShareFetchResponse.AcquiredRecords] = []

    var isNews: Bool { errorCode != .none || !acquired.isEmpty }
}
