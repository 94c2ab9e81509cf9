internal import ArgumentParser
internal import Synchronization
internal import UnixSignals

#if canImport(Darwin)
    internal import Darwin
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Glibc
#endif

/// Lets a command end in good order on SIGINT and SIGTERM; a second signal ends it at once.
final class Interruption: Sendable {
    /// What a signal does besides being noted.
    enum Effect: Sendable {
        /// Cancels the work, which may be waiting.
        case cancel
        /// Nothing: the work looks at `signal`, and waits on `wakeDescriptor`, to finish what it has begun.
        case note
    }

    private let caught = Mutex<Int32?>(nil)
    /// Readable once there was a signal.
    let wakeDescriptor: CInt
    private let ringDescriptor: CInt

    private init() throws(StreamError) {
        var ends: (CInt, CInt) = (-1, -1)
        let result = withUnsafeMutableBytes(of: &ends) {
            pipe($0.assumingMemoryBound(to: CInt.self).baseAddress)
        }
        guard result == 0 else { throw .failed(operation: "create", name: "a pipe", errno: errno) }
        (wakeDescriptor, ringDescriptor) = ends
    }

    deinit {
        close(wakeDescriptor)
        close(ringDescriptor)
    }

    /// Number of the signal that has come.
    var signal: Int32? { caught.withLock { $0 } }

    /// Runs a command's work on the main actor, where it may block: brokers are talked to on other threads.
    ///
    /// - Throws: What the work throws; after a signal the exit code that tells of it.
    static func during(
        effect: Effect, _ work: @escaping @MainActor @Sendable (Interruption) async throws -> Void
    ) async throws {
        let interruption = try Interruption()
        let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm)
        // A task of its own, so that the watch goes on after it has been cancelled, for the second signal.
        let task = Task { @MainActor in try await work(interruption) }
        async let _: Void = {
            for await signal in signals {
                if interruption.signal != nil { exit(ExitStatus.signal(signal.rawValue)) }
                interruption.note(signal.rawValue)
                if effect == .cancel { task.cancel() }
            }
        }()
        do {
            try await task.value
        } catch is CancellationError {
            // The work was cut short by the signal, and that is no failure.
        }
        if let signal = interruption.signal { throw ExitCode(ExitStatus.signal(signal)) }
    }

    private func note(_ number: Int32) {
        caught.withLock { $0 = number }
        var byte: UInt8 = 1
        _ = write(ringDescriptor, &byte, 1)
    }
}
