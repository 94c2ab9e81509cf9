internal import MartletCore
internal import NIOCore

/// A host and a port, as clients are told them.
struct Endpoint: Sendable, Equatable {
    let host: String
    let port: Int
}

/// Who this broker is, and where clients find it.
struct Endpoints: Sendable {
    let brokerID: BrokerID
    let clusterID: String
    let rack: String?
    /// What `advertised.listeners` says, if it is set.
    let configured: Endpoint?

    /// The address for this client: the configured one, else the one by which it reached us, which is known
    /// to work.
    func advertised(to connection: ConnectionInfo) -> Endpoint {
        if let configured { return configured }
        guard let address = connection.localAddress, let host = address.ipAddress, let port = address.port
        else {
            return Endpoint(host: "localhost", port: 9092)
        }
        return Endpoint(host: host, port: port)
    }
}
