internal import MartletCore

/// The transactions that have neither been committed nor aborted, by the offsets at which they began: so that
/// the oldest is at hand whenever the high watermark moves.
struct OpenTransactions: Sendable, Equatable {
    /// Growing. New ones come at the end; the oldest go soon, and most logs have but a few.
    private var starts: [Offset] = [] {
        didSet { first = starts.first }
    }
    /// Where the oldest began; nil if none is open.
    private(set) var first: Offset?

    init(_ starts: some Sequence<Offset> = []) {
        self.starts = starts.sorted()
        first = self.starts.first
    }

    mutating func insert(_ start: Offset) {
        guard let last = starts.last, start <= last else { return starts.append(start) }
        let index = index(of: start)
        if starts[index] != start { starts.insert(start, at: index) }
    }

    mutating func remove(_ start: Offset) {
        let index = index(of: start)
        if index < starts.count, starts[index] == start { starts.remove(at: index) }
    }

    /// The first that is not below `start`.
    private func index(of start: Offset) -> Int {
        var low = 0
        var high = starts.count
        while low < high {
            let middle = (low + high) / 2
            if starts[middle] < start {
                low = middle + 1
            } else {
                high = middle
            }
        }
        return low
    }
}
