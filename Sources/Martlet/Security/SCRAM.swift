internal import Crypto
internal import MartletCore
internal import MartletTransport

/// SCRAM-SHA-256 and SCRAM-SHA-512: RFC 5802 and 7677, without channel binding, as Kafka has it.
///
/// User and password are taken as their UTF-8, without SASLprep: so do Kafka's tools that store them.
struct SCRAM: SASLMechanism {
    enum Hash: Sendable {
        case sha256
        case sha512
    }

    let hash: Hash
    let user: String
    let password: Secret

    init(_ hash: Hash, user: String, password: Secret) {
        self.hash = hash
        self.user = user
        self.password = password
    }

    var name: String {
        switch hash {
        case .sha256: "SCRAM-SHA-256"
        case .sha512: "SCRAM-SHA-512"
        }
    }

    var needsEncryption: Bool { false }

    /// 24 random bytes: nobody sees a nonce twice.
    private static let nonceByteCount = 24

    func begin(with broker: BrokerAddress) throws(MartletError) -> any SASLExchange {
        guard !user.isEmpty, !password.value.isEmpty else {
            throw .invalid("authentication by \(name) needs a user and a password")
        }
        var random = SystemRandomNumberGenerator()
        let bytes = (0..<Self.nonceByteCount).map { _ in UInt8.random(in: .min ... .max, using: &random) }
        let nonce = Base64.encode(bytes)
        switch hash {
        case .sha256: return SCRAMExchange<SHA256>(user: user, password: password, nonce: nonce)
        case .sha512: return SCRAMExchange<SHA512>(user: user, password: password, nonce: nonce)
        }
    }
}
