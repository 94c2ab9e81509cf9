public import MartletCore
public import NIOSSL

/// How connections to brokers are encrypted, and whom the client believes.
///
///     configuration.tls = TLS()
///     configuration.tls?.trustRoots = .file("/etc/orders/ca.pem")
///     configuration.tls?.identity = TLS.Identity(
///         certificates: .file("/etc/orders/client.pem"), privateKey: .file("/etc/orders/client.key"))
///
/// The first line alone is enough for brokers whose certificates the operating system's authorities signed.
/// The client speaks TLS 1.2 and 1.3. Files are read when the client is made; a certificate that is renewed
/// needs a new client.
public struct TLS: Sendable {
    /// Certificates or a key in PEM form.
    public enum PEM: Sendable, Hashable {
        /// The path of a file that has them.
        case file(String)
        /// The text itself, for instance from a secret store.
        case bytes(Bytes)
    }

    /// What the client shows to brokers that ask who it is (mutual TLS).
    public struct Identity: Sendable {
        /// The client's certificate, and those between it and the authority that the broker trusts.
        public var certificates: PEM
        /// The key of the first certificate.
        public var privateKey: PEM
        /// What the key is encrypted with, if it is.
        public var passphrase: String?

        public init(certificates: PEM, privateKey: PEM, passphrase: String? = nil) {
            self.certificates = certificates
            self.privateKey = privateKey
            self.passphrase = passphrase
        }
    }

    /// How closely the broker's certificate is looked at.
    public enum Verification: Sendable, Hashable {
        /// It is signed by someone trusted, and made out to the name or address that the client connects to.
        case full
        /// It is signed by someone trusted, whoever it is made out to.
        case noHostname
        /// Not at all: anybody in between can read and change everything. For experiments.
        case none
    }

    /// Authorities to trust; nil for those that the operating system trusts.
    public var trustRoots: PEM?
    /// What the client shows of itself; nil for nothing.
    public var identity: Identity?
    /// The name that the broker's certificate bears, if it is not that of the broker's address. It is sent as
    /// server name as well. Not an IP address.
    public var serverName: String?
    /// How closely the broker's certificate is looked at.
    public var verification = Verification.full
    /// Takes the place of all but `serverName`.
    var custom: TLSConfiguration?

    /// Trusts whom the operating system trusts, and shows nothing of itself.
    public init() {}

    /// Everything that swift-nio-ssl can be told: protocol versions, ciphers, callbacks. Only `serverName` of
    /// this type counts beside it.
    public static func custom(_ configuration: TLSConfiguration) -> TLS {
        var tls = TLS()
        tls.custom = configuration
        return tls
    }
}

extension TLS.Identity: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Says where the certificate is, and nothing of the key.
    public var description: String {
        switch certificates {
        case .file(let path): "certificate in \(path)"
        case .bytes: "certificate in memory"
        }
    }

    public var debugDescription: String { description }

    public var customMirror: Mirror { Mirror(self, children: []) }
}
