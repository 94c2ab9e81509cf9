import Martlet

/// The pieces of the page on connections, and of the doc comments about them.
private enum Connections {
    static func tls() throws -> ClientConfiguration {
        var configuration = try ClientConfiguration(bootstrap: "broker.example:9093")
        configuration.tls = TLS()
        configuration.tls?.trustRoots = .file("/etc/orders/ca.pem")
        configuration.tls?.identity = TLS.Identity(
            certificates: .file("/etc/orders/client.pem"), privateKey: .file("/etc/orders/client.key"))
        return configuration
    }

    static func authentication(_ configuration: inout ClientConfiguration, password: String) {
        configuration.tls = TLS()
        configuration.authentication = .scramSHA512(user: "orders", password: password)
    }
}
