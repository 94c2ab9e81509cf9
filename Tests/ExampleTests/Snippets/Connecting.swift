import Logging
import Martlet

// The pieces of the article on connecting.

private struct Connecting {
    struct IdentityProvider {
        func token() async throws -> OAuthBearerToken { OAuthBearerToken("…") }
    }

    let logger: Logger
    let password: String
    let identityProvider: IdentityProvider

    func address() throws -> ClientConfiguration {
        var configuration = try ClientConfiguration(bootstrap: "kafka-1.example:9092,kafka-2.example:9092")
        configuration.clientID = "billing"
        configuration.logger = logger
        return configuration
    }

    func security(of configuration: inout ClientConfiguration) {
        configuration.tls = TLS()
        configuration.tls?.trustRoots = .file("/etc/martlet/ca.pem")
        configuration.tls?.identity = TLS.Identity(
            certificates: .file("client.pem"), privateKey: .file("client.key"))
        configuration.authentication = .scramSHA512(user: "billing", password: password)
    }

    func tokens(for configuration: inout ClientConfiguration) {
        let identityProvider = identityProvider
        configuration.authentication = .oauthBearer {
            try await identityProvider.token()
        }
    }

    /// The examples of doc comments.
    func comments(for configuration: inout ClientConfiguration) {
        configuration.tls = TLS()  // certificates signed by a public authority
        configuration.tls?.trustRoots = .file("/etc/martlet/ca.pem")
        configuration.tls?.identity = TLS.Identity(
            certificates: .file("client.pem"), privateKey: .file("client.key"))
        configuration.tls = TLS()
        configuration.authentication = .scramSHA512(user: "orders", password: password)
    }
}
