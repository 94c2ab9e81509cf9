package import MartletCore
internal import MartletRecords

extension PartitionLog {
    /// Appends record batches: checks them, gives them offsets in place, writes them in one call.
    ///
    /// Either all batches are appended or none. A set that an idempotent producer sent before is not appended
    /// again.
    ///
    /// - Parameters:
    ///   - records: One or more whole batches, which nobody else reads: their headers are changed.
    ///   - verification: From `beginVerification`, if the transaction that the batches are of was not open
    ///     then, and the coordinator has said that it is going on. Replicated batches need none.
    package func append(
        _ records: Bytes, origin: AppendOrigin, leaderEpoch: LeaderEpoch, now: Timestamp,
        verification: TransactionVerification? = nil
    ) throws(LogError) -> AppendResult {
        let terms = ProducerTrial.Terms(origin: origin, verification: verification, now: now)
        return try append(records, terms, leaderEpoch: leaderEpoch)
    }

    func append(
        _ records: Bytes, _ terms: ProducerTrial.Terms, leaderEpoch: LeaderEpoch
    ) throws(LogError) -> AppendResult {
        try checkWritable()
        return try records.withExclusiveMutableBytes { bytes throws(LogError) in
            try append(bytes, terms, leaderEpoch: leaderEpoch)
        }
    }

    private func append(
        _ bytes: UnsafeMutableRawBufferPointer, _ terms: ProducerTrial.Terms, leaderEpoch: LeaderEpoch
    ) throws(LogError) -> AppendResult {
        let (origin, now) = (terms.origin, terms.now)
        defer { incoming.removeAll(keepingCapacity: true) }
        let appendTime = configuration.timestampType == .logAppendTime && origin != .replication ? now : nil
        let hasProducers = try inspect(UnsafeRawBufferPointer(bytes), origin: origin, now: now)
        let extent = try extent(of: UnsafeRawBufferPointer(bytes), origin: origin)
        var trial = ProducerTrial(terms)
        if hasProducers,
            let batch = try check(&trial, UnsafeRawBufferPointer(bytes), from: extent.lowerBound)
        {
            return AppendResult(
                firstOffset: batch.firstOffset, nextOffset: batch.lastOffset + 1,
                logAppendTime: appendTime, logStartOffset: offsets.start, isDuplicate: true)
        }
        let largestTime = appendTime ?? incoming.reduce(Timestamp.none) { max($0, $1.maxTimestamp) }
        if active.mustRoll(
            before: extent.upperBound - 1, byteCount: bytes.count, maxTimestamp: largestTime,
            jitterMs: activeJitterMs, configuration)
        {
            try roll(now: now)
        }
        if origin != .replication {
            stamp(bytes, from: extent.lowerBound, leaderEpoch: leaderEpoch, appendTime: appendTime)
        }
        try write(bytes, now: now)
        didWrite(bytes, extent, origin: origin, leaderEpoch: leaderEpoch, appendTime: appendTime, &trial)
        return AppendResult(
            firstOffset: extent.lowerBound, nextOffset: extent.upperBound, logAppendTime: appendTime,
            logStartOffset: offsets.start, isDuplicate: false)
    }

    /// Answers the batch of old if a producer has sent the set before.
    private func check(
        _ trial: inout ProducerTrial, _ bytes: UnsafeRawBufferPointer, from offset: Offset
    ) throws(LogError) -> ProducerEntry.Batch? {
        do throws(ProducerError) {
            return try trial.check(
                incoming, bytes, from: offset, in: producers.entries,
                verifications.isEmpty ? nil : verifications)
        } catch {
            throw .invalidProducer(topicPartition, error)
        }
    }

    /// Checks each batch by itself and collects the headers in `incoming`.
    ///
    /// - Returns: Whether any is of an idempotent producer.
    private func inspect(
        _ bytes: UnsafeRawBufferPointer, origin: AppendOrigin, now: Timestamp
    ) throws(LogError) -> Bool {
        guard bytes.count <= configuration.segmentBytes else {
            throw .setTooLarge(topicPartition, byteCount: bytes.count, maximum: configuration.segmentBytes)
        }
        var cursor = BatchCursor(bytes)
        var hasProducers = false
        do throws(RecordError) {
            while let batch = try cursor.next() {
                // A marker must be written whatever the topic allows.
                guard
                    batch.header.byteCount <= configuration.maxMessageBytes || origin == .replication
                        || batch.header.isControl
                else { break }
                try batch.header.validate(cursor[batch], from: origin.batchOrigin)
                if batch.header.hasProducerID { hasProducers = true }
                incoming.append(batch.header)
            }
        } catch {
            throw .invalidBatch(topicPartition, error)
        }
        let accepted = incoming.reduce(0) { $0 + $1.byteCount }
        guard accepted == bytes.count, !incoming.isEmpty else {
            let rest = cursor.remainder.count
            if cursor.position > accepted {
                throw .batchTooLarge(
                    topicPartition, byteCount: cursor.position - accepted,
                    maximum: configuration.maxMessageBytes)
            }
            throw .invalidBatch(topicPartition, .truncated(byteCount: rest, needed: BatchHeader.byteCount))
        }
        guard origin == .client, configuration.timestampType == .createTime else { return hasProducers }
        for header in incoming {
            try checkTime(header, now: now)
        }
        return hasProducers
    }

    /// The times of the header stand for those of the records, which nobody looks at: a producer that lies in
    /// it misplaces its own records only.
    private func checkTime(_ header: BatchHeader, now: Timestamp) throws(LogError) {
        let behind = now - header.baseTimestamp
        if header.baseTimestamp != .none && behind > configuration.timestampBeforeMaxMs {
            throw .timestampOutOfRange(topicPartition, header.baseTimestamp, now: now)
        }
        if header.maxTimestamp - now > configuration.timestampAfterMaxMs {
            throw .timestampOutOfRange(topicPartition, header.maxTimestamp, now: now)
        }
    }

    /// The offsets that the set takes.
    private func extent(of bytes: UnsafeRawBufferPointer, origin: AppendOrigin) throws(LogError) -> Range<
        Offset
    > {
        var next = offsets.end
        var first: Offset?
        for header in incoming {
            if origin == .replication {
                guard header.baseOffset >= next else {
                    throw .unexpectedOffset(topicPartition, expected: next, found: header.baseOffset)
                }
                next = header.baseOffset
            }
            first = first ?? next
            guard next.rawValue < Int64.max - Int64(Int32.max) - 1 else {
                throw .invalidBatch(
                    topicPartition, .offsetOverflow(base: next, lastOffsetDelta: header.lastOffsetDelta))
            }
            next = next + Int64(header.lastOffsetDelta) + 1
        }
        return (first ?? next)..<next
    }

    private func stamp(
        _ bytes: UnsafeMutableRawBufferPointer, from offset: Offset, leaderEpoch: LeaderEpoch,
        appendTime: Timestamp?
    ) {
        var position = 0
        var offset = offset
        for header in incoming {
            let batch = UnsafeMutableRawBufferPointer(rebasing: bytes[position..<position + header.byteCount])
            BatchHeader.stamp(baseOffset: offset, leaderEpoch: leaderEpoch, in: batch)
            if let appendTime { BatchHeader.stampLogAppendTime(appendTime, in: batch) }
            position += header.byteCount
            offset = offset + Int64(header.lastOffsetDelta) + 1
        }
    }

    private func write(_ bytes: UnsafeMutableRawBufferPointer, now: Timestamp) throws(LogError) {
        if active.isEmpty { activeSince = now }
        let position = active.byteCount
        reserve(until: position + Int64(bytes.count))
        do throws(FileSystemError) {
            try active.file.write(UnsafeRawBufferPointer(bytes), at: position)
        } catch {
            // What was written of the set must go: the next set is shorter perhaps, and what it leaves of
            // this one could pass for batches that were appended.
            do throws(FileSystemError) {
                let wasTouched = try hasBytes(at: position)
                try active.file.truncate(to: position)
                active.reservedByteCount = position
                // A power cut must not bring back what was refused, in the place of what comes next.
                if wasTouched { try active.file.sync() }
            } catch {
                goOffline(error)
            }
            dirty.active = true
            guard error.isOutOfSpace else {
                goOffline(error)
                throw .offline(topicPartition, cause: error)
            }
            throw .storageFull(topicPartition, error)
        }
        active.reservedByteCount = max(active.reservedByteCount, position + Int64(bytes.count))
    }

    /// Whether anything that could pass for a batch stands behind the end.
    private func hasBytes(at position: Int64) throws(FileSystemError) -> Bool {
        var head: [UInt8] = Array(repeating: 0, count: BatchHeader.byteCount)
        let result: Result<Int, FileSystemError> = head.withUnsafeMutableBytes { bytes in
            Result { () throws(FileSystemError) in try active.file.read(into: bytes, at: position) }
        }
        return try head.prefix(result.get()).contains { $0 != 0 }
    }

    /// Reserves space so that the next appends do not make the file grow. Only a help: without it they cost
    /// more.
    private func reserve(until end: Int64) {
        guard configuration.preallocation.isEnabled, end > active.reservedByteCount else { return }
        let target = configuration.preallocation.reservation(for: end, limit: configuration.segmentBytes)
        do throws(FileSystemError) {
            if try active.file.preallocate(active.reservedByteCount..<target) {
                active.reservedByteCount = target
            } else {
                configuration.preallocation.isEnabled = false
            }
        } catch {
            // The disk is nearly full perhaps: the write itself will tell.
        }
    }

    /// Takes note of a set that is in the file.
    private func didWrite(
        _ bytes: UnsafeMutableRawBufferPointer, _ extent: Range<Offset>, origin: AppendOrigin,
        leaderEpoch: LeaderEpoch, appendTime: Timestamp?, _ trial: inout ProducerTrial
    ) {
        let start = active.byteCount
        writeBacks.didAppend(start..<start + Int64(bytes.count), to: active.file, of: active.baseOffset)
        var offset = extent.lowerBound
        for header in incoming {
            if origin == .replication { offset = header.baseOffset }
            let epoch = origin == .replication ? header.leaderEpoch : leaderEpoch
            if epoch > epochs.latest, epochs.assign(epoch, at: offset) { dirty.epochs = true }
            active.didAppend(
                header, baseOffset: offset, maxTimestamp: appendTime ?? header.maxTimestamp,
                indexInterval: configuration.indexIntervalBytes)
            offset = offset + Int64(header.lastOffsetDelta) + 1
        }
        trial.apply(to: &producers)
        if trial.concernsTransactions { noteTransactions(trial.changes) }
        dirty.active = true
        offsets.append(until: extent.upperBound)
        // What is written is durable then, markers too.
        if configuration.durability == .os { offsets.advanceDurable(to: extent.upperBound) }
    }
}
