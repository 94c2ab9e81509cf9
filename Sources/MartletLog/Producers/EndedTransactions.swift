internal import MartletCore

/// Transactions that have ended in this log by markers which a power cut could still take away. For readers
/// they are as undecided as open ones, as long as the high watermark has not passed the marker.
struct EndedTransactions: Sendable {
    private struct Entry {
        var start: Offset
        var marker: Offset
    }

    /// By growing markers: as many as were appended since the last sync.
    private var entries: [Entry] = []
    /// None if there are no entries.
    private var lastMarker = Offset.none

    mutating func append(start: Offset, marker: Offset) {
        entries.append(Entry(start: start, marker: marker))
        lastMarker = marker
    }

    /// Forgets those whose markers are on disk.
    mutating func settle(below synced: Offset) {
        guard let first = entries.first, first.marker < synced else { return }
        entries.removeAll { $0.marker < synced }
        if entries.isEmpty { lastMarker = .none }
    }

    /// Where the first begins of those whose markers are not below `offset`; nil if there are none.
    func firstStart(withMarkerFrom offset: Offset) -> Offset? {
        guard lastMarker >= offset else { return nil }
        var first: Offset?
        for entry in entries.reversed() {
            guard entry.marker >= offset else { break }
            first = min(first ?? entry.start, entry.start)
        }
        return first
    }
}
