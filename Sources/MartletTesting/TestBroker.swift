internal import Dispatch
public import Logging
public import Martlet
public import MartletBroker
public import MartletCore
internal import Synchronization

/// A broker for a test: in this process, with a client at hand, and with the ways in which brokers fail.
///
/// `withBroker` lends one. Where a test has a set-up and a tear-down instead, as with XCTest, `start` and
/// `shutDown` do the same:
///
///     final class OrderTests: XCTestCase {
///         private var broker: TestBroker?
///
///         override func setUp() async throws { broker = try await TestBroker.start() }
///         override func tearDown() async throws { try await broker?.shutDown() }
///     }
///
/// Its address stays the same for life, through `stop` and `start`, so that the service under test finds it
/// again as it would find a broker that was restarted. One task at a time may call what changes its state.
public final class TestBroker: Sendable {
    /// Where clients connect to.
    public let address: BrokerAddress
    /// A client of this broker, with the defaults; closed with the broker.
    public let client: MartletClient

    /// Where the broker keeps everything; in memory a name only.
    public var dataDirectory: String { setup.path }

    private let setup: TestSetup
    private let state: Mutex<State>

    private struct State {
        /// Nil while it is stopped.
        var broker: Broker?
        var startup: StartupSummary
        var pause: Pause?
    }

    /// Loops that wait until they may go on.
    private struct Pause {
        let gate: DispatchSemaphore
        let loopCount: Int
    }

    private init(_ setup: TestSetup, _ broker: Broker, _ client: MartletClient) {
        self.setup = setup
        self.client = client
        address = broker.address
        state = Mutex(State(broker: broker, startup: broker.startup))
    }

    // MARK: Life

    /// Starts a broker that serves until `shutDown`. The parameters are those of `withBroker`.
    public static func start(
        _ storage: TestStorage = .memory, topics: [TopicName: Int32] = [:], settings: [String: String] = [:],
        logger: Logger? = nil
    ) async throws -> TestBroker {
        let setup = try TestSetup(storage, settings: settings, logger: logger)
        let client = try MartletClient(ClientConfiguration(bootstrapServers: [setup.address]))
        let broker = TestBroker(setup, try await Broker.start(setup.configuration()), client)
        do {
            let wanted = topics.map { NewTopic($0.key, partitions: $0.value) }
            guard !wanted.isEmpty else { return broker }
            for outcome in try await client.admin.createTopics(wanted).values { _ = try outcome.get() }
            return broker
        } catch {
            try? await broker.shutDown()
            throw error
        }
    }

    /// Ends the broker and its client, and removes what it kept in memory or in a temporary directory. A
    /// second call does nothing.
    public func shutDown() async throws {
        client.close()
        defer { setup.remove() }
        try await stop()
    }

    /// The bootstrap servers as other clients want to be told: `127.0.0.1:` and the port.
    public var bootstrap: String { "\(address)" }

    /// What the last start found, and how long it took.
    public var startup: StartupSummary { state.withLock { $0.startup } }

    // MARK: Down and up again

    /// Starts a broker that was stopped, with all that it has stored, at its old address. If it runs, nothing
    /// happens.
    public func start() async throws {
        guard state.withLock({ $0.broker == nil }) else { return }
        let broker = try await Broker.start(setup.configuration())
        state.withLock { state in
            state.broker = broker
            state.startup = broker.startup
        }
    }

    /// Stops the broker as an operator does: what is in flight is finished, then connections are refused
    /// until `start`.
    public func stop() async throws {
        try await takeBroker()?.shutDown()
    }

    /// Stops the broker and starts it again.
    public func restart() async throws {
        try await stop()
        try await start()
    }

    /// Ends the broker in the middle of whatever it does, as a power cut does: connections break, and of what
    /// was not synced to disk a part is lost. What was acknowledged with `acks=all` is there after `start`.
    ///
    /// - Parameter seed: Decides what is lost.
    /// - Throws: If the broker does not keep its topics in memory.
    public func losePower(seed: UInt64 = .random(in: 0...(.max))) async throws {
        guard setup.isInMemory else {
            throw TestBrokerError(
                "only a broker in memory can lose power: a real disk cannot be made to forget")
        }
        guard let broker = takeBroker() else { return }
        // First silence, then the cut: what is acknowledged is on the disk that is found afterwards.
        await broker.fallSilent()
        setup.losePower(seed: seed)
        // With its disk out of reach, whatever this broker still does no longer counts.
        try await broker.shutDown()
    }

    private func takeBroker() -> Broker? {
        resume()
        return state.withLock { state in
            defer { state.broker = nil }
            return state.broker
        }
    }

    // MARK: Trouble

    /// Breaks every connection, the one of `client` included, whatever is in flight. New ones are accepted at
    /// once: a service hears nothing but an error on its socket.
    public func cutConnections() async {
        await state.withLock { $0.broker }?.cutConnections()
    }

    /// Freezes the broker until `resume`: connections stay open and new ones are taken by the operating
    /// system, but nothing is read and nothing answered. When this returns, it is frozen.
    ///
    /// Time goes on: members of groups that were silent for longer than their session are taken for dead when
    /// it wakes up.
    public func pause() async {
        guard let broker = state.withLock({ $0.pause == nil ? $0.broker : nil }) else { return }
        let gate = DispatchSemaphore(value: 0)
        let (arrivals, arrival) = AsyncStream.makeStream(of: Void.self)
        let loopCount = broker.onEachLoop {
            arrival.yield()
            // Holds a thread of the broker, which is what this is for; `resume` is called at the latest when
            // the broker is stopped.
            gate.wait()
        }
        state.withLock { $0.pause = Pause(gate: gate, loopCount: loopCount) }
        var waiting = arrivals.makeAsyncIterator()
        for _ in 0..<loopCount { await waiting.next() }
    }

    /// Lets a broker that was paused go on, with what has come in meanwhile.
    public func resume() {
        let pause = state.withLock { state in
            defer { state.pause = nil }
            return state.pause
        }
        guard let pause else { return }
        for _ in 0..<pause.loopCount { pause.gate.signal() }
    }
}

/// What cannot be done to a broker of a test; says why.
public struct TestBrokerError: Error, CustomStringConvertible, Sendable {
    public let message: String

    init(_ message: String) {
        self.message = message
    }

    public var description: String { message }
}
