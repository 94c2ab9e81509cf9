internal import Crypto

/// What a password becomes in SCRAM (RFC 5802, section 3).
struct SCRAMKeys<Hash: HashFunction> {
    let clientKey: [UInt8]
    let serverKey: SymmetricKey

    init(password: [UInt8], salt: [UInt8], iterations: Int) {
        let salted = SymmetricKey(data: Self.salted(password, salt, iterations))
        clientKey = Self.code(Array("Client Key".utf8), salted)
        serverKey = SymmetricKey(data: Self.code(Array("Server Key".utf8), salted))
    }

    /// `Hi` of the RFC: PBKDF2 with one block.
    static func salted(_ password: [UInt8], _ salt: [UInt8], _ iterations: Int) -> [UInt8] {
        // The key's share of the work is done once: each round begins with a copy.
        let keyed = HMAC<Hash>(key: SymmetricKey(data: password))
        var round = keyed
        round.update(data: salt)
        round.update(data: [0, 0, 0, 1] as [UInt8])
        var code = Array(round.finalize())
        var result = code
        for _ in 1..<max(iterations, 1) {
            round = keyed
            round.update(data: code)
            code = Array(round.finalize())
            for index in result.indices { result[index] ^= code[index] }
        }
        return result
    }

    private static func code(_ data: [UInt8], _ key: SymmetricKey) -> [UInt8] {
        Array(HMAC<Hash>.authenticationCode(for: data, using: key))
    }

    /// Shows to who has the stored key, and to nobody else, that we have the client key.
    func proof(of authenticated: [UInt8]) -> [UInt8] {
        let storedKey = SymmetricKey(data: Array(Hash.hash(data: clientKey)))
        let signature = Self.code(authenticated, storedKey)
        return zip(clientKey, signature).map { $0 ^ $1 }
    }

    /// What the broker shows to prove that it has the server key.
    func serverSignature(of authenticated: [UInt8]) -> [UInt8] {
        Self.code(authenticated, serverKey)
    }
}
