package import MartletCore

/// Where each leader of a partition began to write (`leader-epoch-checkpoint`).
///
/// Text: a version, 0; the number of lines that follow; then epoch and start offset, one pair a line.
package struct LeaderEpochs: Sendable, Equatable {
    package struct Entry: Sendable, Equatable {
        package var epoch: LeaderEpoch
        package var startOffset: Offset
    }

    package static let fileName = "leader-epoch-checkpoint"
    package private(set) var entries: [Entry] = []

    package init() {}

    package var latest: LeaderEpoch { entries.last?.epoch ?? .none }

    /// Takes note that an epoch begins at `offset`. True if that was news.
    mutating func assign(_ epoch: LeaderEpoch, at offset: Offset) -> Bool {
        guard epoch > latest, epoch.rawValue >= 0 else { return false }
        // An epoch in which nothing was written ends where the new one begins, and so says nothing.
        while let last = entries.last, last.startOffset >= offset { entries.removeLast() }
        entries.append(Entry(epoch: epoch, startOffset: offset))
        return true
    }

    /// Forgets epochs that begin behind the end, after a recovery has cut it off.
    mutating func truncate(to end: Offset) -> Bool {
        let count = entries.count
        entries.removeAll { $0.startOffset > end }
        return entries.count != count
    }

    /// Forgets epochs that end below the start of the log. True if there were any.
    mutating func advanceStart(to start: Offset) -> Bool {
        let before = entries
        while entries.count > 1, entries[1].startOffset <= start { entries.removeFirst() }
        if let first = entries.first, first.startOffset < start { entries[0].startOffset = start }
        return entries != before
    }

    /// The epoch in which the record at `offset` was written; none if that is not known.
    func epoch(at offset: Offset) -> LeaderEpoch {
        entries.last { $0.startOffset <= offset }?.epoch ?? .none
    }

    /// The largest epoch up to `epoch` and where it ended. None and -1 if the epoch is unknown, or newer than
    /// all.
    func endOffset(for epoch: LeaderEpoch, logEnd: Offset) -> (epoch: LeaderEpoch, endOffset: Offset) {
        guard epoch != .none, let latest = entries.last, epoch <= latest.epoch else { return (.none, .none) }
        if epoch == latest.epoch { return (epoch, logEnd) }
        guard let next = entries.first(where: { $0.epoch > epoch }) else { return (.none, .none) }
        let known = entries.last { $0.epoch <= epoch }
        return (known?.epoch ?? epoch, next.startOffset)
    }
}

extension LeaderEpochs {
    func encoded() -> [UInt8] {
        let lines = entries.map { "\($0.epoch) \($0.startOffset)\n" }
        return Array("0\n\(entries.count)\n\(lines.joined())".utf8)
    }

    /// Nil if the text is damaged: recovery then finds the epochs in the batches.
    init?(decoding bytes: Bytes) {
        guard let lines = CheckpointLines(bytes) else { return nil }
        for fields in lines.fields {
            guard fields.count == 2, let epoch = Int32(fields[0]), let offset = Int64(fields[1]),
                epoch > latest.rawValue, offset >= entries.last?.startOffset.rawValue ?? 0
            else { return nil }
            entries.append(Entry(epoch: LeaderEpoch(rawValue: epoch), startOffset: Offset(rawValue: offset)))
        }
    }
}
