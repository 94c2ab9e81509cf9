package import MartletCore

/// The offsets that bound a log, always in this order:
/// `start <= lastStable <= highWatermark <= durable <= end`; asserted after every change.
package struct LogOffsets: Hashable, Sendable {
    /// The first record that can be read.
    package private(set) var start: Offset
    /// Where read-committed consumers stop: before the first transaction of which it is not certain how it
    /// ends.
    package private(set) var lastStable: Offset
    /// Where consumers stop.
    package private(set) var highWatermark: Offset
    /// Everything below is as safe as the log's durability class promises.
    package private(set) var durable: Offset
    /// The offset of the next record.
    package private(set) var end: Offset
    /// Where the first open transaction begins; nil if none is open. Kept here so that an append without
    /// transactions looks nowhere else.
    var firstOpen: Offset?

    /// A log that was just opened: all that it holds is safe.
    ///
    /// - Parameter firstOpen: Where the first open transaction begins.
    package init(start: Offset, end: Offset, firstOpen: Offset? = nil) {
        self.start = start
        self.end = end
        durable = end
        highWatermark = end
        lastStable = max(start, min(end, firstOpen ?? end))
        self.firstOpen = firstOpen
        assertOrder()
    }

    mutating func append(until end: Offset) {
        self.end = end
        assertOrder()
    }

    /// What lies below was deleted. Never beyond the high watermark.
    mutating func advanceStart(to offset: Offset) {
        start = max(start, min(offset, highWatermark))
        lastStable = max(lastStable, start)
        assertOrder()
    }

    /// Without replicas, whatever is durable may be seen.
    ///
    /// - Parameter ended: Where the first transaction begins whose marker is still not durable then.
    mutating func advanceDurable(to offset: Offset, ended: Offset? = nil) {
        durable = max(durable, offset)
        highWatermark = durable
        var stable = highWatermark
        if let firstOpen { stable = min(stable, firstOpen) }
        if let ended { stable = min(stable, ended) }
        lastStable = max(lastStable, stable)
        assertOrder()
    }

    private func assertOrder() {
        precondition(
            start <= lastStable && lastStable <= highWatermark && highWatermark <= durable && durable <= end,
            "offsets of a log are out of order")
    }
}

extension LogOffsets: CustomStringConvertible {
    package var description: String {
        "start \(start), last stable \(lastStable), high watermark \(highWatermark), durable \(durable), end \(end)"
    }
}
