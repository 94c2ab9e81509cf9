package import MartletCore

/// What the offsets of a segment's batches are held to. Checksums do not cover a batch's own offset, as the
/// broker gives it: a flipped bit there is found by what stands around it.
package struct BatchRules: Sendable {
    /// The first offset of the segment.
    var baseOffset: Offset
    /// Where the next segment begins.
    var limit = Offset(rawValue: .max)
    /// Every offset is in a batch.
    var isGapless = false
    /// Up to here the log was synced, and a batch ended: no gap may reach across. Nil in segments that may
    /// have been compacted.
    var durable: Offset?

    package init(baseOffset: Offset) {
        self.baseOffset = baseOffset
    }

    /// What is wrong with a batch of these offsets; nil if nothing is.
    ///
    /// - Parameters:
    ///   - expected: Behind the batch before.
    ///   - isExact: Whether that is known, or merely the least that it can be.
    func damage(_ offsets: Range<Offset>, expected: Offset, isExact: Bool) -> Damage? {
        let found = offsets.lowerBound
        let isInOrder =
            found >= expected && offsets.upperBound <= limit
            && offsets.upperBound - baseOffset <= Int64(UInt32.max >> 1) + 1
        let isGap = isExact && found > expected
        guard isInOrder, !(isGap && isGapless) else {
            return .unexpectedOffset(expected: expected, found: found)
        }
        guard isGap, let durable, found >= durable else { return nil }
        return .missingRecords(from: expected, to: found)
    }
}
