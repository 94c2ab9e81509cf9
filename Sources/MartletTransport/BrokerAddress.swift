/// Where a broker listens: a host name or IP address, and a port.
public struct BrokerAddress: Hashable, Sendable {
    public var host: String
    public var port: Int

    /// The port that Kafka's documentation uses, taken when an address names none.
    public static let defaultPort = 9092

    public init(host: String, port: Int = Self.defaultPort) {
        self.host = host
        self.port = port
    }
}

extension BrokerAddress: LosslessStringConvertible {
    /// Reads `host`, `host:port`, `[::1]:port`, or a bare IPv6 address.
    ///
    /// - Returns: nil when the host is empty or the port is no number from 1 to 65535.
    public init?(_ description: String) {
        var host = Substring(description)
        var portText: Substring?
        if host.first == "[" {
            guard let end = host.firstIndex(of: "]") else { return nil }
            let rest = host[host.index(after: end)...]
            host = host[host.index(after: host.startIndex)..<end]
            if rest.first == ":" {
                portText = rest.dropFirst()
            } else if !rest.isEmpty {
                return nil
            }
        } else if let colon = host.lastIndex(of: ":"), host.firstIndex(of: ":") == colon {
            portText = host[host.index(after: colon)...]
            host = host[..<colon]
        }
        guard !host.isEmpty, !host.contains(where: \.isWhitespace) else { return nil }
        guard let portText else {
            self.init(host: String(host))
            return
        }
        guard let port = UInt16(portText), port > 0 else { return nil }
        self.init(host: String(host), port: Int(port))
    }

    public var description: String {
        host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }
}

extension BrokerAddress: ExpressibleByStringLiteral {
    /// - Precondition: The literal is a legal address.
    public init(stringLiteral value: String) {
        guard let address = BrokerAddress(value) else {
            preconditionFailure("\"\(value)\" is no broker address; write host:port")
        }
        self = address
    }
}
