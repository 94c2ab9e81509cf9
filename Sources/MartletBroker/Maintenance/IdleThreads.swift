internal import NIOPosix

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// Threads for work that nobody waits for: they get the processor when nothing else wants it.
struct IdleThreads: Sendable {
    private let threads: NIOThreadPool

    /// The largest value there is. Not a scheduling class of its own: a thread of that kind could hold a lock
    /// for ever while others keep the processors busy.
    private static let niceness: CInt = 19

    init(threadCount: Int) {
        threads = NIOThreadPool(numberOfThreads: threadCount)
        threads.start()
    }

    func run<Result: Sendable>(_ work: @escaping @Sendable () -> Result) async throws -> Result {
        try await threads.runIfActive {
            Self.becomeNice()
            return work()
        }
    }

    func shutDown() async throws {
        try await threads.shutdownGracefully()
    }

    private static func becomeNice() {
        #if os(Linux)
            // Here 0 means the calling thread, against POSIX, which means the process.
            _ = setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, niceness)
        #endif
    }
}
