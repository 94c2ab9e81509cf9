internal import NIOCore

// What a test does to a broker: see MartletTesting.
extension Broker {
    /// Closes every connection at once, whatever is in flight on it. Clients may connect again.
    package func cutConnections() async {
        for shard in parts.router.shards {
            await shard.run { shard in
                for session in shard.allSessions { session.close(because: nil) }
            }
        }
    }

    /// Falls silent for good: no new connections, the others cut. `shutDown` is still to be called.
    package func fallSilent() async {
        await parts.listener.close()
        await cutConnections()
    }

    /// Runs `body` on each of the event loops, at its next turn. It may block, and with it the broker.
    ///
    /// - Returns: How many loops there are.
    @discardableResult
    package func onEachLoop(_ body: @escaping @Sendable () -> Void) -> Int {
        for shard in parts.router.shards { shard.eventLoop.execute(body) }
        return parts.router.shards.count
    }
}
