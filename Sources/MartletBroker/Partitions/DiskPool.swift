internal import NIOCore
internal import NIOPosix

/// Threads for what blocks: opening, syncing, trimming and deleting files.
struct DiskPool: Sendable {
    private let threads: NIOThreadPool

    init(threadCount: Int) {
        threads = NIOThreadPool(numberOfThreads: threadCount)
        threads.start()
    }

    /// Runs `work` on a thread and `completion` on the loop that asked.
    func run<Result: Sendable>(
        for eventLoop: any EventLoop, _ work: @escaping @Sendable () -> Result,
        completion: @escaping @Sendable (Result) -> Void
    ) {
        threads.submit { state in
            // Cancelled only at shutdown, after everyone who waits for a result is gone.
            guard case .active = state else { return }
            let result = work()
            eventLoop.execute { completion(result) }
        }
    }

    /// Runs `work` on a thread; nobody waits for it.
    func run(_ work: @escaping @Sendable () -> Void) {
        threads.submit { state in
            if case .active = state { work() }
        }
    }

    /// Runs `work` on a thread and hands its result back.
    func run<Result: Sendable>(_ work: @escaping @Sendable () throws -> Result) async throws -> Result {
        try await threads.runIfActive(work)
    }

    func shutDown() async throws {
        try await threads.shutdownGracefully()
    }
}
