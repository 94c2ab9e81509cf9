internal import NIOCore
internal import NIOPosix

/// Puts the errors of sockets into words.
enum ConnectFailure {
    static func describe(_ error: any Error) -> String {
        switch error {
        case let error as IOError:
            return error.description
        case let error as NIOConnectionError:
            if let first = error.connectionErrors.first { return describe(first.error) }
            if let dns = error.dnsAError ?? error.dnsAAAAError { return "cannot resolve the name: \(dns)" }
            return "\(error)"
        case ChannelError.connectTimeout(let after):
            return "no connection within \(after.nanoseconds / 1_000_000) ms"
        case ChannelError.ioOnClosedChannel, ChannelError.alreadyClosed, ChannelError.eof:
            return "the connection is closed"
        default:
            return "\(error)"
        }
    }
}
