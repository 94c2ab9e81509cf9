/// Finds out when a process has come to rest after it has worked, by the processor time that it has used.
/// Asked at intervals, so that it costs nothing in between.
struct RestWatch {
    /// Time between two looks. A burst of work has its pauses, which are shorter.
    static let interval = Duration.seconds(5)
    /// More than an idle broker uses in an interval: a thousandth of a processor.
    private static let idleTime = Duration.milliseconds(5)

    private var used: Duration
    /// Since it last came to rest. The start is work, too.
    private var hasWorked = true

    /// - Parameter used: Processor time up to now.
    init(used: Duration) {
        self.used = used
    }

    /// Whether this is the first interval of rest after work. To be asked once in each interval.
    ///
    /// - Parameter used: Processor time up to now.
    mutating func hasComeToRest(used now: Duration) -> Bool {
        let isAtRest = now - used <= Self.idleTime
        used = now
        defer { hasWorked = !isAtRest }
        return isAtRest && hasWorked
    }
}
