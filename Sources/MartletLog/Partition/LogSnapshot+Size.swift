internal import MartletCore

extension LogSnapshot {
    /// Bytes of all segments.
    package func byteCount() throws(LogError) -> Int64 {
        var total = active.byteCount
        for segment in sealed {
            do throws(SegmentError) {
                total += try segment.facts().byteCount
            } catch {
                throw LogError(error, in: topicPartition)
            }
        }
        return total
    }
}
