internal import Logging
internal import MartletCore
internal import MartletLog
public import MartletTransport
internal import NIOCore
internal import NIOPosix
public import ServiceLifecycle
internal import Synchronization

/// An event broker that speaks the Kafka protocol, inside this process.
///
/// `start` returns when the broker serves; `run` keeps it as a service until a graceful shutdown, which it
/// carries out.
///
///     let broker = try await Broker.start(BrokerConfiguration(dataDirectory: path, port: 0))
///     print(broker.address)
///     try await broker.shutDown()
public final class Broker: Service {
    /// Where clients connect to.
    public let address: BrokerAddress
    /// Where everything is kept.
    public let dataDirectory: String
    /// What recovery had to do, and how long the start took.
    public let startup: StartupSummary

    let parts: BrokerParts
    private let control: Task<Void, Never>
    private let phase = Mutex(Phase.serving)

    private enum Phase {
        case serving, stopping
    }

    private init(
        address: BrokerAddress, startup: StartupSummary, parts: BrokerParts, control: Task<Void, Never>
    ) {
        self.address = address
        self.startup = startup
        dataDirectory = parts.storage.path
        self.parts = parts
        self.control = control
    }

    /// Recovers what is in the data directory, and serves it.
    ///
    /// - Throws: `BrokerStartError`, which says what is in the way: a data directory that is in use or
    ///   damaged, an address
    ///   that cannot be bound, a setting that cannot be.
    public static func start(_ configuration: BrokerConfiguration) async throws -> Broker {
        let began = ContinuousClock.now
        let parts = try await BrokerParts.assemble(configuration)
        do {
            let recovery = try await parts.recover()
            // The one task that outlives a call: it carries out requests of the control plane, and `shutDown`
            // waits for its end.
            let control = Task { [queue = parts.control] in await queue.run() }
            await parts.startCoordination()
            let address = try await parts.listen()
            if !ListenerAddress.isLoopback(address.host) {
                parts.environment.logger.warning(
                    "Whoever reaches this address may read and change everything: there is no authentication yet.",
                    metadata: ["address": "\(address)"]
                )
            }
            parts.startHousekeeping()
            let startup = StartupSummary(
                partitionCount: recovery.partitionCount, recoveredCount: recovery.recoveredCount,
                duration: ContinuousClock.now - began
            )
            return Broker(address: address, startup: startup, parts: parts, control: control)
        } catch {
            parts.control.finish()
            // What a clean stop left must not need recovery because, say, the port was taken this once.
            try? await parts.closeLogs()
            await parts.dismantle()
            throw error
        }
    }

    /// Serves until a graceful shutdown is asked for, or the task is cancelled; then shuts down.
    public func run() async throws {
        // Throws when the task is cancelled, which ends the service just as well.
        try? await gracefulShutdown()
        try await shutDown()
    }

    /// Takes no more requests, finishes those in flight, syncs every partition and marks the stop as clean. A
    /// second call does nothing.
    public func shutDown() async throws {
        let isFirst = phase.withLock { phase in
            defer { phase = .stopping }
            return phase == .serving
        }
        guard isFirst else { return }
        await parts.stopServing()
        parts.control.finish()
        await control.value
        do {
            try await parts.closeLogs()
        } catch {
            await parts.dismantle()
            throw error
        }
        await parts.dismantle()
    }
}

/// What a start of the broker did.
public struct StartupSummary: Sendable {
    public let partitionCount: Int
    /// Partitions whose log had to be read since the last stop was not clean.
    public let recoveredCount: Int
    public let duration: Duration
}

/// Why a broker did not start; says what to do next.
public struct BrokerStartError: Error, CustomStringConvertible, Sendable {
    public let message: String

    init(_ message: String) {
        self.message = message
    }

    public var description: String { message }
}
