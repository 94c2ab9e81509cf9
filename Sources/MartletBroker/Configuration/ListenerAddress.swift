/// An address of the form `PLAINTEXT://HOST:PORT`, as `listeners` and `advertised.listeners` take it.
public struct ListenerAddress: Sendable, Equatable, CustomStringConvertible {
    public let host: String
    public let port: Int

    /// Reads `HOST:PORT`, with or without `PLAINTEXT://` in front; an IPv6 host stands in brackets.
    public init(_ text: String) throws(ConfigError) {
        let rest: Substring
        if let scheme = text.range(of: "://") {
            let name = text[..<scheme.lowerBound]
            guard name == "PLAINTEXT" else {
                throw ConfigError(
                    "A listener is PLAINTEXT://HOST:PORT; \(name) in \"\(text)\" is not supported yet.")
            }
            rest = text[scheme.upperBound...]
        } else {
            rest = text[...]
        }
        guard let colon = rest.lastIndex(of: ":"), let port = Int(rest[rest.index(after: colon)...]),
            (0...65_535).contains(port)
        else {
            throw ConfigError("A listener is HOST:PORT with a port from 0 to 65535, not \"\(text)\".")
        }
        var host = rest[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
        guard !host.contains(",") else {
            throw ConfigError("One listener is supported, not several as in \"\(text)\".")
        }
        self.host = host.isEmpty ? "0.0.0.0" : String(host)
        self.port = port
    }

    /// `HOST:PORT`, with brackets around an IPv6 address.
    public var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }

    /// Whether only this machine can reach the host.
    static func isLoopback(_ host: String) -> Bool {
        host == "localhost" || host == "::1" || host.hasPrefix("127.")
    }
}

extension String {
    fileprivate func range(of needle: String) -> Range<Index>? {
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(needle) { return start..<index(start, offsetBy: needle.count) }
            start = index(after: start)
        }
        return nil
    }
}
