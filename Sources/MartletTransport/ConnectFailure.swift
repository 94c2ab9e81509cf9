internal import NIOCore
internal import NIOPosix

/// Puts the errors of sockets into words.
enum ConnectFailure {
    static func describe(_ error: any Error) -> String {
        switch error {
        case let error as IOError:
            return error.description
        case let error as NIOConnectionError:
            return describe(error)
        case ChannelError.connectTimeout(let after):
            return "no connection within \(after.nanoseconds / 1_000_000) ms"
        case ChannelError.ioOnClosedChannel, ChannelError.alreadyClosed, ChannelError.eof:
            return "the connection is closed"
        default:
            return "\(error)"
        }
    }

    private static func describe(_ error: NIOConnectionError) -> String {
        let failures = error.connectionErrors
        if failures.count == 1 { return describe(failures[0].error) }
        if failures.isEmpty {
            guard let dns = error.dnsAError ?? error.dnsAAAAError else { return "the name has no address" }
            if let unknown = dns as? SocketAddressError.UnknownHost {
                return "cannot resolve the name: \(unknown.errorDescription)"
            }
            return "cannot resolve the name: \(dns)"
        }
        // A name with several addresses: each has its own story.
        return failures.map { failure in
            "\(failure.target.ipAddress ?? "\(failure.target)"): \(describe(failure.error))"
        }.joined(separator: ", ")
    }
}
