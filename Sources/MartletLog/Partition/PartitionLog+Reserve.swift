extension PartitionLog {
    /// Has space reserved behind the end of the log, so that appends succeed for a while when the disk is
    /// full. Asks the file system only when half of it is used up.
    ///
    /// - Returns: What is reserved now, less than asked for if there is no more; nil where the file system
    ///   reserves nothing.
    @discardableResult
    package func reserve(ahead byteCount: Int) -> Int? {
        guard configuration.preallocation.isEnabled, isWritable else { return nil }
        let start = max(active.byteCount, active.reservedByteCount)
        let target = active.byteCount + Int64(byteCount)
        if start < active.byteCount + Int64(byteCount / 2) {
            do {
                guard try active.file.preallocate(start..<target) else {
                    configuration.preallocation.isEnabled = false
                    return nil
                }
                active.reservedByteCount = target
            } catch {
                // The disk is full: what is left says the result.
            }
        }
        return Int(max(0, active.reservedByteCount - active.byteCount))
    }
}
