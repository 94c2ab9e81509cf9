internal import NIOCore
internal import Synchronization

/// The sockets of one attempt to connect: a name may have several addresses, tried beside one another.
///
/// When nobody waits for the attempt any more, all of them are closed at once, not when the network gives up.
final class ConnectAttempt: Sendable {
    private struct State {
        var channels: [(channel: any Channel, end: ConnectionEnd)] = []
        var isAbandoned = false
    }

    private let state = Mutex(State())

    /// Takes a socket in.
    ///
    /// - Returns: Where its end is noted; nil if the attempt has been abandoned.
    func adopt(_ channel: any Channel) -> ConnectionEnd? {
        state.withLock { state in
            guard !state.isAbandoned else { return nil }
            let end = ConnectionEnd()
            state.channels.append((channel, end))
            return end
        }
    }

    /// Where the end of an adopted socket is noted.
    func end(of channel: any Channel) -> ConnectionEnd {
        state.withLock { state in state.channels.first { $0.channel === channel }?.end } ?? ConnectionEnd()
    }

    /// Closes every socket, also one that comes later.
    func abandon() {
        let channels = state.withLock { state in
            state.isAbandoned = true
            defer { state.channels = [] }
            return state.channels
        }
        for (channel, _) in channels { channel.close(promise: nil) }
    }
}
