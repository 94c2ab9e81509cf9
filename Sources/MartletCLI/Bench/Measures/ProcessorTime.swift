#if canImport(Darwin)
    internal import Darwin
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Glibc
#endif

/// Processor time of this process: what the load costs by itself, beside what it measures.
struct ProcessorTime: Equatable, Sendable {
    var nanoseconds: Int64

    /// Of all threads since the process began, in user code and in the kernel.
    static var spent: ProcessorTime {
        var time = timespec()
        guard clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time) == 0 else {
            return ProcessorTime(nanoseconds: 0)
        }
        return ProcessorTime(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
    }

    /// Of the machine that are in use.
    static var processorCount: Int { max(1, Int(sysconf(CInt(_SC_NPROCESSORS_ONLN)))) }

    static func - (lhs: ProcessorTime, rhs: ProcessorTime) -> ProcessorTime {
        ProcessorTime(nanoseconds: lhs.nanoseconds - rhs.nanoseconds)
    }
}
