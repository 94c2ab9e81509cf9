internal import MartletCore
internal import MartletRecords

extension SealedSegment {
    /// Puts the index of aborted transactions beside the segment, and its checksum into the seal. The
    /// directory is not synced.
    func store(_ transactions: TransactionIndex) throws(FileSystemError) {
        let bytes = transactions.encoded()
        if bytes.isEmpty {
            try fileSystem.removeIfPresent(path(.txnindex))
        } else {
            try fileSystem.replace(
                SegmentFile.txnindex.name(baseOffset), in: directory, with: bytes, syncingDirectory: false)
        }
        guard var seal = try readSeal() else { return }
        let checksum = bytes.withUnsafeBytes { CRC32C.checksum(of: $0) }
        guard seal.transactionIndexChecksum != checksum else { return }
        seal.transactionIndexChecksum = checksum
        try fileSystem.replace(
            SegmentFile.seal.name(baseOffset), in: directory, with: seal.encoded(), syncingDirectory: false)
    }

    /// The index of aborted transactions as it was written; if it is not that any more, as the markers tell
    /// it.
    func soundTransactions() throws(FileSystemError) -> TransactionIndex {
        let bytes = try fileSystem.contents(of: path(.txnindex)) ?? .empty
        let expected = try readSeal()?.transactionIndexChecksum
        if expected.map({ $0 == CRC32C.checksum(of: bytes) }) ?? true,
            let index = bytes.withUnsafeBytes({
                TransactionIndex(decoding: $0, within: baseOffset..<nextOffset)
            })
        {
            return index
        }
        return try remadeTransactions()
    }

    /// Finds the aborted transactions by following the log, from the last snapshot of its producers before
    /// the segment. What damage hides of it is left out.
    func remadeTransactions() throws(FileSystemError) -> TransactionIndex {
        let files = try fileSystem.list(directory).compactMap(SegmentFile.parse)
        var replay = ProducerReplay(ProducerStates(), now: .none)
        var from: Offset = 0
        for (kind, offset) in files.sorted(by: { $0.baseOffset > $1.baseOffset })
        where kind == .snapshot && offset <= baseOffset {
            let contents = try fileSystem.contents(of: join(directory, kind.name(offset)))
            guard let states = contents?.withUnsafeBytes({ ProducerSnapshot.decode($0) }) else { continue }
            (replay, from) = (ProducerReplay(states, now: .none), offset)
            break
        }
        let bases = files.filter { $0.kind == .log && $0.baseOffset < baseOffset }.map(\.baseOffset).sorted()
        for (base, next) in zip(bases, bases.dropFirst() + [baseOffset]) where next > from {
            let earlier = SealedSegment(
                baseOffset: base, nextOffset: next, directory: directory, fileSystem: fileSystem,
                mayHaveAborted: false)
            try replay.runAround(damageIn: earlier, from: from)
        }
        _ = replay.takeAborted()
        try replay.runAround(damageIn: self, from: max(from, baseOffset))
        return replay.takeAborted()
    }
}

extension ProducerReplay {
    /// Goes on with a segment as far as it is intact.
    fileprivate mutating func runAround(
        damageIn segment: SealedSegment, from: Offset
    ) throws(FileSystemError) {
        do throws(SegmentError) {
            try run(segment.open().view, from: from)
        } catch {
            if case .storage(let error) = error { throw error }
        }
    }
}
