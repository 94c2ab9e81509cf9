internal import MartletCore

/// Records of one partition that came with one answer, for as long as something is to be said of them.
struct HeldBatch {
    /// Numbers the batches of a consumer.
    typealias ID = Int

    /// Where they came from, and whom to tell what became of them.
    struct Origin: Hashable {
        let partition: TopicPartition
        let place: ShareSession.Place
        let broker: BrokerID
    }

    let id: ID
    let origin: Origin
    /// In order.
    let offsets: [Offset]
    /// For each offset, whether it is settled.
    private(set) var isSettled: [Bool]
    /// How many were handed out, from the first one on.
    private(set) var handedOut = 0
    /// How many of those are not settled.
    private(set) var openCount = 0

    init(id: ID, origin: Origin, offsets: [Offset]) {
        self.id = id
        self.origin = origin
        self.offsets = offsets
        isSettled = Array(repeating: false, count: offsets.count)
    }

    var isDone: Bool { handedOut == offsets.count && openCount == 0 }

    mutating func handOut(upTo offset: Offset) {
        while handedOut < offsets.count, offsets[handedOut] <= offset {
            handedOut += 1
            openCount += 1
        }
    }

    mutating func handOutAll() {
        openCount += offsets.count - handedOut
        handedOut = offsets.count
    }

    /// - Returns: False if the record is not one that was handed out and is open.
    mutating func settle(_ offset: Offset) -> Bool {
        guard let index = index(of: offset), index < handedOut, !isSettled[index] else { return false }
        isSettled[index] = true
        openCount -= 1
        return true
    }

    func isOpen(_ offset: Offset) -> Bool {
        guard let index = index(of: offset) else { return false }
        return index < handedOut && !isSettled[index]
    }

    /// What was handed out and is not settled, as runs of neighbours in the batch.
    var open: [ClosedRange<Offset>] { runs(0..<handedOut) { !isSettled[$0] } }

    /// What was not handed out yet.
    var rest: [ClosedRange<Offset>] { runs(handedOut..<offsets.count) { _ in true } }

    mutating func settleAll() {
        for index in 0..<handedOut { isSettled[index] = true }
        openCount = 0
    }

    /// Neighbours that are wanted, as long as no offset lies between them.
    private func runs(
        _ indices: Range<Int>, where isWanted: (Int) -> Bool
    ) -> [ClosedRange<Offset>] {
        var runs: [ClosedRange<Offset>] = []
        for index in indices where isWanted(index) {
            let offset = offsets[index]
            if let last = runs.last, last.upperBound + 1 == offset {
                runs[runs.count - 1] = last.lowerBound...offset
            } else {
                runs.append(offset...offset)
            }
        }
        return runs
    }

    /// In constant time where offsets follow each other, as they mostly do.
    private func index(of offset: Offset) -> Int? {
        guard let first = offsets.first, offset >= first else { return nil }
        let guess = offset - first
        if guess < Int64(offsets.count), offsets[Int(guess)] == offset { return Int(guess) }
        var low = 0
        var high = offsets.count
        while low < high {
            let middle = (low + high) / 2
            if offsets[middle] < offset { low = middle + 1 } else { high = middle }
        }
        return low < offsets.count && offsets[low] == offset ? low : nil
    }
}

/// The batches that a share consumer has, handed out or not. No I/O.
struct ShareHoldings {
    private var batches: [HeldBatch.ID: HeldBatch] = [:]
    /// The same by partition, in the order in which they came: few at a time.
    private var ids: [TopicPartition: [HeldBatch.ID]] = [:]
    private var nextID = 0

    mutating func makeID() -> HeldBatch.ID {
        nextID += 1
        return nextID
    }

    subscript(id: HeldBatch.ID) -> HeldBatch? { batches[id] }

    var isEmpty: Bool { batches.isEmpty }

    var all: [HeldBatch] { batches.values.sorted { $0.id < $1.id } }

    mutating func keep(_ batch: HeldBatch) {
        batches[batch.id] = batch
        ids[batch.origin.partition, default: []].append(batch.id)
    }

    mutating func remove(_ id: HeldBatch.ID) {
        guard let batch = batches.removeValue(forKey: id) else { return }
        ids[batch.origin.partition]?.removeAll { $0 == id }
        if ids[batch.origin.partition]?.isEmpty == true { ids[batch.origin.partition] = nil }
    }

    mutating func handOut(_ id: HeldBatch.ID, upTo offset: Offset? = nil) {
        guard var batch = batches[id] else { return }
        // Two owners would copy the arrays.
        batches[id] = nil
        if let offset { batch.handOut(upTo: offset) } else { batch.handOutAll() }
        batches[id] = batch
    }

    /// The batch in which a record is open. A record that came again is open in the newest.
    func id(of partition: TopicPartition, _ offset: Offset) -> HeldBatch.ID? {
        ids[partition]?.last { batches[$0]?.isOpen(offset) == true }
    }

    /// - Returns: Where the record came from; nil if it is not ours any more. Copies nothing.
    mutating func settle(_ partition: TopicPartition, _ offset: Offset) -> HeldBatch.Origin? {
        guard let id = id(of: partition, offset), let index = batches.index(forKey: id) else { return nil }
        _ = batches.values[index].settle(offset)
        let origin = batches.values[index].origin
        if batches.values[index].isDone { remove(id) }
        return origin
    }

    /// Settles all that is open, of one batch or of all.
    ///
    /// - Returns: What was open, by batch.
    mutating func settleOpen(
        _ only: HeldBatch.ID? = nil
    ) -> [(origin: HeldBatch.Origin, open: [ClosedRange<Offset>])] {
        var settled: [(origin: HeldBatch.Origin, open: [ClosedRange<Offset>])] = []
        for id in only.map({ [$0] }) ?? batches.keys.sorted() {
            guard var batch = batches[id], batch.openCount > 0 else { continue }
            let open = batch.open
            batch.settleAll()
            settled.append((batch.origin, open))
            if batch.isDone { remove(id) } else { batches[id] = batch }
        }
        return settled
    }

    /// A record that was handed out and of which nothing has been said yet; nil if there is none.
    var firstOpen: (partition: TopicPartition, offset: Offset, count: Int)? {
        let open = batches.values.filter { $0.openCount > 0 }
        guard let first = open.min(by: { $0.id < $1.id }), let offset = first.open.first?.lowerBound else {
            return nil
        }
        return (first.origin.partition, offset, open.reduce(0) { $0 + $1.openCount })
    }

    /// Forgets what came by a session that is over.
    mutating func lose(_ broker: BrokerID) -> Set<HeldBatch.ID> {
        let lost = batches.values.filter { $0.origin.broker == broker }.map(\.id)
        for id in lost { remove(id) }
        return Set(lost)
    }
}
