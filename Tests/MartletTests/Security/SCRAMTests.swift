import Crypto
import MartletCore
import Testing

@testable import Martlet

@Suite("SCRAM")
struct SCRAMTests {
    private static let nonce = "rOprNGfwEbeRWgbNEkqO"
    private static let serverNonce = nonce + "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"
    private static let salt = "W22ZaJ0SNY7soEsUEjb6gQ=="
    private static let challenge = "r=\(serverNonce),s=\(salt),i=4096"

    private static func exchange<Hash: HashFunction>(
        _: Hash.Type, user: String = "user", nonce: String = nonce
    ) -> SCRAMExchange<Hash> {
        SCRAMExchange(user: user, password: Secret("pencil"), nonce: nonce)
    }

    @Test("the exchange of RFC 5802 comes out as it stands there")
    func rfc5802() throws {
        var exchange = Self.exchange(Insecure.SHA1.self, nonce: "fyko+d2lbbFgONRv9qkxdawL")
        #expect(try exchange.respond(to: nil) == "n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL")
        let final = try exchange.respond(
            to: "r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096")
        #expect(
            final
                == "c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=")
        #expect(try exchange.respond(to: "v=rmF9pqV8S7suAoZWja4dJRkFsKQ=") == nil)
    }

    @Test("the exchange of RFC 7677 comes out as it stands there")
    func rfc7677() throws {
        try Self.run(
            SHA256.self, proof: "dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
            signature: "6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=")
    }

    /// The figures come from another implementation of HMAC and PBKDF2.
    @Test("with SHA-512 the same exchange gives the longer proof")
    func sha512() throws {
        try Self.run(
            SHA512.self,
            proof: "gMGXRcevScNtxZ6/8lQYpGtnsNAc3mGcmNomv+xnoOMw+3R2xNJdMNnzMlTN8PPC6wdp6dybEmDYXYTxwnYPJQ==",
            signature:
                "ZQnYEgWQMFmmsM8aQMF0nDDCy/AgCzkwk8CmMZYcMg0vSVlKDanekLtifDSeVGT4+5ZxXnJq199RVG2rR7N7Zw==")
    }

    private static func run(
        _ hash: (some HashFunction).Type, proof: String, signature: String
    ) throws {
        var exchange = exchange(hash)
        #expect(try exchange.respond(to: nil) == Bytes("n,,n=user,r=\(nonce)"))
        #expect(
            try exchange.respond(to: Bytes(challenge)) == Bytes("c=biws,r=\(serverNonce),p=\(proof)"))
        #expect(try exchange.respond(to: Bytes("v=\(signature)")) == nil)
    }

    @Test("a comma or an equals sign in the user's name does not end it")
    func escaping() throws {
        var exchange = Self.exchange(SHA256.self, user: "a,b=c")
        #expect(try exchange.respond(to: nil) == Bytes("n,,n=a=2Cb=3Dc,r=\(Self.nonce)"))
    }

    @Test(
        "a challenge that is too cheap, too dear or not for us is refused",
        arguments: [
            "r=\(serverNonce),s=\(salt),i=4095", "r=\(serverNonce),s=\(salt),i=1000000000",
            "r=\(serverNonce),s=\(salt),i=-1", "r=\(serverNonce),s=\(salt)", "r=\(nonce),s=\(salt),i=4096",
            "r=another,s=\(salt),i=4096", "r=\(serverNonce),s=,i=4096", "r=\(serverNonce),s=!,i=4096",
            "m=ext,r=\(serverNonce),s=\(salt),i=4096", "", "e=other-error",
        ])
    func badChallenge(text: String) throws {
        var exchange = Self.exchange(SHA256.self)
        _ = try exchange.respond(to: nil)
        #expect(throws: MartletError.self) { try exchange.respond(to: Bytes(text)) }
    }

    @Test(
        "a broker that cannot show that it knows the password is not believed",
        arguments: [
            "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G8=", "v=", "", "e=invalid-proof", "v=6rri",
        ])
    func badSignature(text: String) throws {
        var exchange = Self.exchange(SHA256.self)
        _ = try exchange.respond(to: nil)
        _ = try exchange.respond(to: Bytes(Self.challenge))
        #expect(throws: MartletError.self) { try exchange.respond(to: Bytes(text)) }
    }

    @Test("base64 comes back as it went, and has one form only")
    func base64() {
        for count in 0..<20 {
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 * 37 + 200) }
            #expect(Base64.decode(Base64.encode(bytes)) == bytes)
        }
        for text in ["A", "AB", "ABC", "AB==AB==", "AR==", "A===", "AB=C", "A B=", "ÄB=="] {
            #expect(Base64.decode(text) == nil, "\(text)")
        }
    }
}
