internal import MartletCore
internal import MartletRecords

/// After a clean stop.
extension LogRecovery {
    /// Nil if the files are not what a clean stop leaves, so that they must be read after all.
    mutating func openClean(_ bases: [Offset]) throws(SegmentError) -> PartitionLog.Contents? {
        guard let last = bases.last,
            bases.dropLast().allSatisfy({ has(.index, $0) && has(.timeindex, $0) })
        else { return nil }
        let active: ActiveSegment?
        do throws(SegmentError) {
            active = try openActive(last)
        } catch .damaged {
            return nil
        }
        guard var active, active.nextOffset >= durable ?? 0, !isOwn || active.nextOffset == durable else {
            return nil
        }
        let sealed = try sealedSegments(bases.dropLast(), end: last)
        _ = epochs.truncate(to: active.nextOffset)
        let producers: ProducerStates
        do throws(SegmentError) {
            producers = try rebuildProducers(sealed: sealed, active: &active)
        } catch .damaged {
            return nil
        }
        try wrapping { [self] () throws(FileSystemError) in
            try removeStraySnapshots(bases: bases, end: active.nextOffset)
            if !isOwn {
                // From now on it is ours: closed cleanly, so all of it is on disk.
                try DurableMark.write(active.nextOffset, in: directory, fileSystem, syncing: true)
                try fileSystem.syncDirectory(directory)
            }
        }
        return PartitionLog.Contents(
            start: start(bases, end: active.nextOffset), sealed: sealed, active: active, producers: producers,
            epochs: epochs, isAsClosed: true)
    }

    /// The last segment with the indexes that were written when it was closed; nil if they do not fit.
    private func openActive(_ base: Offset) throws(SegmentError) -> ActiveSegment? {
        let file: any LogFile
        let size: Int64
        let indexBytes: Bytes?
        let timeIndexBytes: Bytes?
        let transactionBytes: Bytes
        do throws(FileSystemError) {
            file = try fileSystem.open(path(.log, base), .readWrite)
            size = try file.size()
            indexBytes = try fileSystem.contents(of: path(.index, base))
            timeIndexBytes = try fileSystem.contents(of: path(.timeindex, base))
            // Most logs know no transactions.
            transactionBytes =
                has(.txnindex, base) ? try fileSystem.contents(of: path(.txnindex, base)) ?? .empty : .empty
        } catch {
            throw .storage(error)
        }
        if size == 0, indexBytes == nil, timeIndexBytes == nil {
            // Nothing was ever appended.
            return ActiveSegment(baseOffset: base, file: file, reservedByteCount: 0)
        }
        guard
            let offsets = indexBytes?.withUnsafeBytes({ OffsetIndex(decoding: $0, segmentByteCount: size) }),
            let times = timeIndexBytes?.withUnsafeBytes({ TimeIndex(decoding: $0) })
        else { return nil }
        let seal = try seal(of: base)
        if let seal {
            guard seal.byteCount == size, seal.indexChecksum == CRC32C.checksum(of: indexBytes ?? .empty),
                seal.timeIndexChecksum == CRC32C.checksum(of: timeIndexBytes ?? .empty),
                seal.transactionIndexChecksum.map({ $0 == CRC32C.checksum(of: transactionBytes) }) ?? true
            else { return nil }
        }
        var first = HeaderScan(file, from: 0, to: size)
        let firstTime = try first.next()?.header.maxTimestamp
        let indexed = Int64(offsets.entries.last?.position ?? 0)
        let checks = SegmentChecks(verified: indexed..<Int64.max)
        if seal != nil { checks.setTimeIndexGood(true) }
        var active = ActiveSegment(baseOffset: base, file: file, reservedByteCount: size, checks: checks)
        var scan = HeaderScan(file, from: indexed, to: size)
        active.adopt(
            offsets, times, indexed: indexed, nextOffset: try scan.peek()?.baseOffset ?? base,
            firstTime: firstTime, isGapless: seal?.isGapless ?? false)
        // What consumers are about to read is checked at once, and so is the end of the log.
        guard try append(from: indexed, to: size, &active),
            let transactions = transactionBytes.withUnsafeBytes({
                TransactionIndex(decoding: $0, within: base..<active.nextOffset)
            })
        else { return nil }
        active.adopt(transactions)
        return seal.map { $0.nextOffset == active.nextOffset } ?? true ? active : nil
    }

    /// Checks the batches from one position on and takes note of them. False if there is anything else.
    private func append(
        from position: Int64, to size: Int64, _ active: inout ActiveSegment
    ) throws(SegmentError) -> Bool {
        var reader = SegmentReader(
            active.file, BatchRules(baseOffset: active.baseOffset), from: position, to: size,
            nextOffset: active.nextOffset, chunkByteCount: 64 << 10)
        do throws(FileSystemError) {
            while let element = try reader.next() {
                guard case .batch(let header, _) = element else { return false }
                active.didAppend(
                    header, baseOffset: header.baseOffset, maxTimestamp: header.maxTimestamp,
                    indexInterval: opening.configuration.indexIntervalBytes)
            }
            return true
        } catch {
            throw .storage(error)
        }
    }
}
