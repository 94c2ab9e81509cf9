import Crypto
import MartletCore

@testable import Martlet

/// A broker's side of the mechanisms.
struct SASLServer {
    enum Answer {
        case challenge(Bytes)
        case accepted(Bytes, user: String)
        case refused(String)
    }

    private enum State {
        case begun
        case challenged(user: String, clientFirst: String, serverFirst: String)
    }

    private let mechanism: String
    private let rules: GuardedPort.Rules
    private var state = State.begun

    /// - Returns: nil if the port does not have the mechanism.
    init?(_ mechanism: String, _ rules: GuardedPort.Rules) {
        guard rules.mechanisms?.contains(mechanism) == true else { return nil }
        self.mechanism = mechanism
        self.rules = rules
    }

    mutating func answer(_ bytes: Bytes) -> Answer {
        let text = String(decoding: bytes)
        switch mechanism {
        case "PLAIN":
            let parts = text.split(separator: "\0", omittingEmptySubsequences: false).map(String.init)
            guard parts.count == 3, parts[0].isEmpty, rules.users[parts[1]] == parts[2] else {
                return .refused("Authentication failed: Invalid username or password")
            }
            return .accepted(.empty, user: parts[1])
        case "OAUTHBEARER":
            if text == "\u{1}" { return .refused("invalid_token") }
            guard text.hasPrefix("n,,\u{1}auth=Bearer \(rules.token)\u{1}") else {
                return .challenge(#"{"status":"invalid_token"}"#)
            }
            return .accepted(.empty, user: "token")
        case "SCRAM-SHA-256": return scram(text, SHA256.self)
        case "SCRAM-SHA-512": return scram(text, SHA512.self)
        default: return .refused("unknown mechanism")
        }
    }

    private mutating func scram<Hash: HashFunction>(_ text: String, _: Hash.Type) -> Answer {
        let salt = "W22ZaJ0SNY7soEsUEjb6gQ=="
        switch state {
        case .begun:
            let bare = text.dropFirst("n,,".count)
            let parts = bare.split(separator: ",")
            guard text.hasPrefix("n,,"), parts.count == 2 else { return .refused("malformed") }
            let serverFirst = "r=\(parts[1].dropFirst(2))broker,s=\(salt),i=\(rules.iterations)"
            state = .challenged(
                user: String(parts[0].dropFirst(2)), clientFirst: String(bare), serverFirst: serverFirst)
            return .challenge(Bytes(serverFirst))
        case .challenged(let user, let clientFirst, let serverFirst):
            guard let password = rules.users[user], let end = text.range(of: ",p=") else {
                return .refused("invalid credentials with SASL mechanism \(mechanism)")
            }
            let authenticated = Array("\(clientFirst),\(serverFirst),\(text[..<end.lowerBound])".utf8)
            let keys = SCRAMKeys<Hash>(
                password: Array(password.utf8), salt: Base64.decode(salt) ?? [], iterations: rules.iterations)
            guard Base64.decode(text[end.upperBound...]) == keys.proof(of: authenticated) else {
                return .refused("invalid credentials with SASL mechanism \(mechanism)")
            }
            var signature = keys.serverSignature(of: authenticated)
            if rules.liesAboutSignature { signature[0] ^= 1 }
            return .accepted(Bytes("v=\(Base64.encode(signature))"), user: user)
        }
    }
}

extension StringProtocol {
    /// Where a text stands first.
    fileprivate func range(of text: String) -> Range<Index>? {
        indices.first { self[$0...].hasPrefix(text) }.map { $0..<index($0, offsetBy: text.count) }
    }
}
