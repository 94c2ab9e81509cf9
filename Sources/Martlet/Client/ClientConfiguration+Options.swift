internal import MartletTransport

extension ClientConfiguration {
    /// What each connection is told.
    func makeConnectionOptions() throws(MartletError) -> ConnectionOptions {
        var options = ConnectionOptions()
        options.clientID = clientID
        options.connectTimeout = connectTimeout
        options.idleTimeout = connectionIdleTimeout
        options.maximumResponseBytes = maximumResponseBytes
        options.security = try tls?.makeSecurity()
        if let mechanism = authentication?.mechanism {
            options.authenticate = { connection async throws(TransportError) in
                try await SASLConversation(mechanism: mechanism, connection: connection).run()
            }
        }
        return options
    }
}
