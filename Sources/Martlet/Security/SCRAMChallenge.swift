/// What the broker asks in a SCRAM exchange.
struct SCRAMChallenge {
    /// The client's nonce, continued by the broker.
    let nonce: String
    let salt: [UInt8]
    /// How much work it is to derive a key from the password.
    let iterations: Int

    /// From below as RFC 7677 has it: a broker that asks for less wants proofs that are cheap to guess from.
    /// From above, so that a broker cannot keep us busy for ever; Kafka's own limit is 16,384.
    static let iterationLimits = 4096...131_072
    private static let maximumSaltByteCount = 1024

    /// - Parameter clientNonce: What the broker's nonce must begin with.
    init(_ message: String, clientNonce: String) throws(MartletError) {
        // Attributes have an order. Whatever follows the third is an extension; one that is mandatory comes
        // first, as `m=`, and we know none.
        let parts = message.split(separator: ",", omittingEmptySubsequences: false)
        guard parts.count >= 3, parts[0].hasPrefix("r="), parts[1].hasPrefix("s="), parts[2].hasPrefix("i=")
        else { throw .authentication("the broker's first SCRAM message is malformed") }
        nonce = String(parts[0].dropFirst(2))
        guard nonce.hasPrefix(clientNonce), nonce.utf8.count > clientNonce.utf8.count else {
            throw .authentication("the broker's SCRAM message does not answer ours: its nonce is another")
        }
        guard let salt = Base64.decode(parts[1].dropFirst(2)), !salt.isEmpty,
            salt.count <= Self.maximumSaltByteCount
        else { throw .authentication("the salt in the broker's SCRAM message is malformed") }
        self.salt = salt
        guard let iterations = Int(parts[2].dropFirst(2)) else {
            throw .authentication("the iteration count in the broker's SCRAM message is malformed")
        }
        guard Self.iterationLimits.contains(iterations) else {
            throw .authentication(
                "the broker asks for \(iterations) SCRAM iterations; this client does from"
                    + " \(Self.iterationLimits.lowerBound) to \(Self.iterationLimits.upperBound)")
        }
        self.iterations = iterations
    }
}
