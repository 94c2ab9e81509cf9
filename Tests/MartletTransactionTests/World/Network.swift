import MartletCore
import MartletSimulation

/// The way between clients and the broker, which loses, delays, repeats and reorders what it carries.
final class Network {
    /// A client's connection, which keeps the order of what is sent on it.
    ///
    /// When the client connects again, what it sent before may still be on its way, in the buffers of the
    /// dead connection, and arrive behind what it sends now. With `isForgetful` it is lost instead.
    final class Connection {
        let isForgetful: Bool
        /// Counts how often the client connected; what was sent in an earlier life is not expected any more.
        private(set) var life = 0
        /// When what was sent last arrives.
        fileprivate var lastArrival: Timestamp = 0

        init(isForgetful: Bool = false) { self.isForgetful = isForgetful }

        /// The client gives up on what it has sent.
        func reconnect() {
            life += 1
            lastArrival = 0
        }
    }

    struct Faults {
        /// One in so many; 0 for never.
        var losses = 25
        var repeats = 12
        var longDelays = 12
        /// Must stay below what the broker remembers a silent producer for.
        var longestDelay = 4_000
    }

    private unowned let world: World
    var faults: Faults?
    /// How long a client waits for an answer.
    static let timeout: Int64 = 900

    init(_ world: World, faults: Faults?) {
        self.world = world
        self.faults = faults
    }

    /// Carries a request to the broker and its answer back; nil if there is none in time. The answer comes
    /// once.
    func ask<Answer>(
        _ connection: Connection, _ request: @escaping (SimulatedBroker, @escaping (Answer) -> Void) -> Void,
        _ completion: @escaping (Answer?) -> Void
    ) {
        var isOpen = true
        let answer: (Answer?) -> Void = { answer in
            guard isOpen else { return }
            isOpen = false
            // Copies of what is answered are as lost as those of what is given up.
            if connection.isForgetful { connection.reconnect() }
            completion(answer)
        }
        let life = connection.life
        for copy in 0..<copies() {
            var arrival = world.timeline.now + delay()
            if copy == 0 {
                arrival = max(arrival, connection.lastArrival)
                connection.lastArrival = arrival
            }
            world.timeline.at(arrival) { [world] in
                let isGone = connection.isForgetful && life != connection.life
                guard let broker = world.broker, !isGone else { return }
                request(broker) { [weak self] result in
                    guard let self, !self.loses() else { return }
                    world.timeline.after(self.delay()) { answer(result) }
                }
            }
        }
        world.timeline.after(Self.timeout) { answer(nil) }
    }

    private func loses() -> Bool { strikes(faults?.losses) }

    private func copies() -> Int { loses() ? 0 : strikes(faults?.repeats) ? 2 : 1 }

    private func strikes(_ chance: Int?) -> Bool {
        guard let chance, chance > 0 else { return false }
        return world.random.oneIn(chance)
    }

    private func delay() -> Int64 {
        guard let faults else { return 1 }
        if strikes(faults.longDelays) { return Int64(world.random.below(faults.longestDelay)) }
        return Int64(1 + world.random.below(20))
    }
}
