package import MartletCore

/// What opening a log has found and done.
package struct RecoverySummary: Sendable, Hashable {
    package var topicPartition: TopicPartition
    /// Whether the log had to be read, as its last user did not close it.
    package var wasUnclean = false
    package var segmentCount = 0
    /// Segments and bytes that were read and checked.
    package var segmentsRead = 0
    package var bytesRead: Int64 = 0
    /// Bytes of a torn tail that were cut off, without reserved space.
    package var cutByteCount: Int64 = 0
    /// Whole batches among them, behind the first damage. They had not been acknowledged with `sync`
    /// durability.
    package var cutBatchCount = 0
    /// Segments that were removed because they began behind the cut.
    package var removedSegmentCount = 0
    /// What was found where the log was cut.
    package var cutReason: Damage?
    package var rebuiltIndexCount = 0
    /// What is damaged below the offset that was synced, in order; it stays where it is.
    package var damage: [SegmentDamage] = []
    package var start: Offset = 0
    package var end: Offset = 0
    package var durationMs: Int64 = 0

    package init(topicPartition: TopicPartition) {
        self.topicPartition = topicPartition
    }
}

extension RecoverySummary: CustomStringConvertible {
    /// One line for the log.
    package var description: String {
        var text = "\(topicPartition): offsets \(start)..<\(end) in \(segmentCount) segments"
        guard wasUnclean else { return text + ", stopped cleanly, opened in \(durationMs) ms" }
        text += "; read \(segmentsRead) segments, \(bytesRead) bytes"
        if rebuiltIndexCount > 0 { text += ", rebuilt \(rebuiltIndexCount) indexes" }
        if let cutReason {
            text += ", cut off \(cutByteCount) bytes that were never acknowledged (\(cutReason))"
            if cutBatchCount > 0 { text += " with \(cutBatchCount) whole batches behind the damage" }
            if removedSegmentCount > 0 { text += ", removed \(removedSegmentCount) segments behind the cut" }
        }
        for found in damage { text += "; damage in \(found)" }
        return text + ", recovered in \(durationMs) ms"
    }
}
