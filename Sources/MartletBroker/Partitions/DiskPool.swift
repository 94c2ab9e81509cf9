internal import NIOCore
internal import NIOPosix

/// Threads for what blocks: opening, syncing, trimming and deleting files.
struct DiskPool: Sendable {
    private let threads: NIOThreadPool
    /// For reads alone: syncs, for which producers wait, must not queue behind readers of old data.
    private let readers: NIOThreadPool

    /// - Parameter threadCount: For all but reads, which have half as many of their own.
    init(threadCount: Int) {
        threads = NIOThreadPool(numberOfThreads: threadCount)
        threads.start()
        readers = NIOThreadPool(numberOfThreads: max(1, threadCount / 2))
        readers.start()
    }

    /// Runs `work`, which reads, on a thread and `completion` on the loop that asked. Bounded by the requests
    /// that connections may have in flight.
    func read(
        for eventLoop: any EventLoop, _ work: @escaping @Sendable () -> Void,
        completion: @escaping @Sendable () -> Void
    ) {
        readers.submit { state in
            guard case .active = state else { return }
            work()
            eventLoop.execute(completion)
        }
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

    /// Runs `work` on a thread and hands its result back. Also for a task that was cancelled: its logs must
    /// be closed all the same.
    func run<Result: Sendable>(_ work: @escaping @Sendable () throws -> Result) async throws -> Result {
        try await withCheckedThrowingContinuation { continuation in
            threads.submit { state in
                switch state {
                case .active: continuation.resume(with: Swift.Result(catching: work))
                case .cancelled: continuation.resume(throwing: CancellationError())
                }
            }
        }
    }

    func shutDown() async throws {
        try await readers.shutdownGracefully()
        try await threads.shutdownGracefully()
    }
}
