internal import MartletCoordination
internal import MartletCore
internal import MartletLog
internal import MartletWire

extension SharePartitionShell {
    /// Read at once for one member, at the most.
    private static let maximumReadByteCount = 8 << 20

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
        let limit = partition.readLimit(settings.isolation)
        var last: Offset?
        // Where there is nothing to deliver, the next read begins behind it.
        while let offset = machine?.fetchOffset(), offset < limit, offset != last {
            last = offset
            guard allowance.bytes.byteCount > 0 || !allowance.bytes.hasData, allowance.records > 0 else {
                break
            }
            do throws(LogError) {
                let found = try acquire(wanted, from: offset, upTo: limit, &allowance, &result)
                if found { break }
            } catch {
                shard.note(error)
                result.errorCode = error.errorCode
                break
            }
        }
        return result
    }

    /// Returns whether the member got something.
    private func acquire(
        _ wanted: ShareAcquisition, from offset: Offset, upTo limit: Offset,
        _ allowance: inout ShareAllowance, _ result: inout ShareFetchResult
    ) throws(LogError) -> Bool {
        let slice = try partition.read(
            from: offset, upTo: limit, maxBytes: min(allowance.bytes.byteCount, Self.maximumReadByteCount),
            atLeastOneBatch: !allowance.bytes.hasData)
        guard !slice.isEmpty else { return true }
        let reader = ShareBatchReader(slice)
        var wanted = wanted
        wanted.maximumRecords = allowance.records
        let acquired = machine?.acquire(wanted, from: offset, reader, now: clock.now()) ?? []
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

/// What a share fetch may still return while its partitions are read one after the other.
struct ShareAllowance: Sendable {
    var bytes: FetchAllowance
    var records: Int
}

/// What a share fetch found in one partition.
struct ShareFetchResult: Sendable {
    var errorCode = ErrorCode.none
    var lockDurationMs: Int64 = 0
    var slice: LogSlice?
    var acquired: [ShareFetchResponse.AcquiredRecords] = []

    var isNews: Bool { errorCode != .none || !acquired.isEmpty }
}
