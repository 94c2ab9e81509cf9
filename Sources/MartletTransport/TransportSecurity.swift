internal import NIOCore
package import NIOSSL

/// How the connections of one client are encrypted. The context is dear to make, so all of them share it.
package struct TransportSecurity: Sendable {
    private let context: NIOSSLContext
    /// Looked for in the certificate instead of the host of the broker's address.
    private let serverName: String?

    package init(context: NIOSSLContext, serverName: String?) {
        self.context = context
        self.serverName = serverName
    }

    /// The name that the broker's certificate must bear.
    func expectedName(of address: BrokerAddress) -> String { serverName ?? address.host }

    func makeHandler(for address: BrokerAddress) throws -> NIOSSLClientHandler {
        var name = serverName
        // Server name indication takes no IP addresses. Without a name the certificate is compared with the
        // address that the socket is connected to.
        if name == nil, !address.isNumeric { name = address.host }
        return try NIOSSLClientHandler(context: context, serverHostname: name)
    }
}

extension BrokerAddress {
    /// Whether the host is an IP address.
    var isNumeric: Bool { (try? SocketAddress(ipAddress: host, port: port)) != nil }
}
