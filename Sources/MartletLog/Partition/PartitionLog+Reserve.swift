extension PartitionLog {
    /// Has space reserved behind the end of the log, so that appends succeed for a while when the disk is
    /// full.
    ///
    /// - Parameters:
    ///   - least: While there is so much, the file system is not asked.
    ///   - most: What it is asked for otherwise.
    /// - Returns: What is reserved now, less than `least` if there is no more; nil where the file system
    ///   reserves nothing.
    @discardableResult
    package func reserve(atLeast least: Int, upTo most: Int) -> Int? {
        guard configuration.preallocation.isEnabled, isWritable else { return nil }
        let start = max(active.byteCount, active.reservedByteCount)
        let target = active.byteCount + Int64(most)
        if start < active.byteCount + Int64(least), start < target {
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
