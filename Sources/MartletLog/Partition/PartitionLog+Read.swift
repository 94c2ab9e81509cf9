package import MartletCore

extension PartitionLog {
    /// Finds the bytes for a reader: whole batches, from the one that holds `from`, that end at `limit` at
    /// the latest.
    ///
    /// - Parameters:
    ///   - limit: Where the reader must stop: the high watermark for consumers.
    ///   - maxBytes: About as much as the reader wants; batches are not split.
    ///   - atLeastOneBatch: Gives the first batch even if it is larger than `maxBytes`, so that no batch
    ///     blocks its
    ///     readers for ever.
    package func read(
        from: Offset, upTo limit: Offset, maxBytes: Int, atLeastOneBatch: Bool
    ) throws(LogError) -> LogSlice {
        if case .closed = state { throw .closed(topicPartition) }
        guard from >= offsets.start, from <= offsets.end else {
            throw .offsetOutOfRange(topicPartition, requested: from, start: offsets.start, end: offsets.end)
        }
        let limit = min(limit, offsets.end)
        guard from < limit else { return nothing(at: from) }
        if from >= active.baseOffset {
            return try readActive(
                from: from, upTo: limit, maxBytes: maxBytes, atLeastOneBatch: atLeastOneBatch)
        }
        if let slice = try readSealed(
            from: from, upTo: limit, maxBytes: maxBytes, atLeastOneBatch: atLeastOneBatch)
        {
            return slice
        }
        guard limit > active.baseOffset else {
            // Nothing but empty batches up to the end: they take the reader there.
            let slice = try readSealed(
                from: from, upTo: limit, maxBytes: maxBytes, atLeastOneBatch: atLeastOneBatch,
                skipsEmpty: false)
            return slice ?? nothing(at: from)
        }
        return try readActive(from: from, upTo: limit, maxBytes: maxBytes, atLeastOneBatch: atLeastOneBatch)
    }

    /// Nil if all sealed records from there on were compacted away.
    private func readSealed(
        from: Offset, upTo limit: Offset, maxBytes: Int, atLeastOneBatch: Bool, skipsEmpty: Bool = true
    ) throws(LogError) -> LogSlice? {
        var index = segmentIndex(holding: from)
        while index < sealed.count, sealed[index].baseOffset < limit {
            let segment = sealed[index]
            defer { surveys.add(segment) }
            do throws(SegmentError) {
                let files = try segment.open()
                lastRead = files
                // What was compacted away goes on in the next segment.
                if let slice = try files.view.slice(
                    from: max(from, segment.baseOffset), upTo: limit, maxBytes: maxBytes,
                    atLeastOneBatch: atLeastOneBatch, skipsEmpty: skipsEmpty)
                {
                    return slice
                }
            } catch {
                if case .damaged = error { segment.checks.wantSurvey() }
                throw LogError(error, in: topicPartition)
            }
            index += 1
        }
        return nil
    }

    private func readActive(
        from: Offset, upTo limit: Offset, maxBytes: Int, atLeastOneBatch: Bool
    ) throws(LogError) -> LogSlice {
        switch active.recent.span(
            from: from, upTo: limit, maxBytes: maxBytes, atLeastOneBatch: atLeastOneBatch)
        {
        case .batches(let first, let last):
            return LogSlice(
                file: active.file, position: first.position,
                byteCount: Int(last.endPosition - first.position),
                baseOffset: first.baseOffset, nextOffset: last.nextOffset)
        case .empty:
            return nothing(at: from)
        case .forgotten:
            defer { if active.checks.wantsSurvey { surveys.addActive() } }
            do throws(SegmentError) {
                return try active.view.slice(
                    from: max(from, active.baseOffset), upTo: limit, maxBytes: maxBytes,
                    atLeastOneBatch: atLeastOneBatch) ?? nothing(at: from)
            } catch {
                if case .damaged = error { active.checks.wantSurvey() }
                throw LogError(error, in: topicPartition)
            }
        }
    }

    private func nothing(at offset: Offset) -> LogSlice {
        LogSlice(
            file: active.file, position: active.byteCount, byteCount: 0, baseOffset: offset,
            nextOffset: offset)
    }

    /// Index of the sealed segment in whose range the offset lies.
    func segmentIndex(holding offset: Offset) -> Int {
        var low = 0
        var high = sealed.count
        while low < high {
            let middle = (low + high) / 2
            if sealed[middle].nextOffset > offset {
                high = middle
            } else {
                low = middle + 1
            }
        }
        return low
    }
}
