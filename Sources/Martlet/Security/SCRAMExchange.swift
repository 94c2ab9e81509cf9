internal import Crypto
internal import MartletCore

/// The client's side of one SCRAM authentication.
///
///     client: n,,n=user,r=NONCE
///     broker: r=NONCE-and-more,s=SALT,i=4096
///     client: c=biws,r=NONCE-and-more,p=PROOF
///     broker: v=SIGNATURE
///
/// The proof shows that the client knows the password, the signature that the broker does.
struct SCRAMExchange<Hash: HashFunction>: SASLExchange {
    private enum State {
        case begun
        case sentFirst
        case sentProof(serverKey: SymmetricKey, authenticated: [UInt8])
        case done
    }

    private let password: Secret
    private let nonce: String
    private let firstBare: String
    private var state = State.begun

    /// No channel binding, no other identity than the user's.
    private static var bindingHeader: String { "n,," }

    init(user: String, password: Secret, nonce: String) {
        self.password = password
        self.nonce = nonce
        var name = ""
        for character in user.unicodeScalars {
            switch character {
            case "=": name += "=3D"
            case ",": name += "=2C"
            default: name.unicodeScalars.append(character)
            }
        }
        firstBare = "n=\(name),r=\(nonce)"
    }

    mutating func respond(to challenge: Bytes?) throws(MartletError) -> Bytes? {
        switch (state, challenge) {
        case (.begun, nil):
            state = .sentFirst
            return Bytes(Self.bindingHeader + firstBare)
        case (.sentFirst, let challenge?):
            return try proof(for: String(decoding: challenge))
        case (.sentProof(let serverKey, let authenticated), let challenge?):
            try verify(String(decoding: challenge), serverKey, authenticated)
            state = .done
            return nil
        default:
            throw .authentication("the broker goes on after the end of the SCRAM exchange")
        }
    }

    private mutating func proof(for serverFirst: String) throws(MartletError) -> Bytes {
        let challenge = try SCRAMChallenge(serverFirst, clientNonce: nonce)
        let binding = Base64.encode(Array(Self.bindingHeader.utf8))
        let withoutProof = "c=\(binding),r=\(challenge.nonce)"
        let authenticated = Array("\(firstBare),\(serverFirst),\(withoutProof)".utf8)
        let keys = SCRAMKeys<Hash>(
            password: Array(password.value.utf8), salt: challenge.salt, iterations: challenge.iterations)
        state = .sentProof(serverKey: keys.serverKey, authenticated: authenticated)
        return Bytes("\(withoutProof),p=\(Base64.encode(keys.proof(of: authenticated)))")
    }

    private func verify(
        _ serverFinal: String, _ serverKey: SymmetricKey, _ authenticated: [UInt8]
    ) throws(MartletError) {
        if serverFinal.hasPrefix("e=") {
            let reason = serverFinal.dropFirst(2).prefix { $0 != "," }
            throw .authentication("the broker refuses the proof: \(reason); check user and password")
        }
        guard serverFinal.hasPrefix("v="),
            let signature = Base64.decode(serverFinal.dropFirst(2).prefix { $0 != "," })
        else { throw .authentication("the broker's last SCRAM message is malformed") }
        // In a time that tells nothing about where the difference is.
        guard HMAC<Hash>.isValidAuthenticationCode(signature, authenticating: authenticated, using: serverKey)
        else {
            throw .authentication(
                "the broker does not know the password: it is not the broker that it claims to be, or"
                    + " somebody changed the messages on their way")
        }
    }
}

extension MartletError {
    static func authentication(_ message: String) -> MartletError {
        MartletError(.authenticationFailed, message)
    }
}
