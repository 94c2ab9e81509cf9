internal import MartletCore
internal import MartletTransport

/// PLAIN: RFC 4616. One message: user and password, as they are.
struct Plain: SASLMechanism {
    let user: String
    let password: Secret

    var name: String { "PLAIN" }
    var needsEncryption: Bool { true }

    func begin(with broker: BrokerAddress) throws(MartletError) -> any SASLExchange {
        guard !user.isEmpty, !password.value.isEmpty else {
            throw .invalid("authentication by PLAIN needs a user and a password")
        }
        guard !user.utf8.contains(0), !password.value.utf8.contains(0) else {
            throw .invalid("authentication by PLAIN: user and password cannot contain the character NUL")
        }
        return Exchange(message: Bytes("\0\(user)\0\(password.value)"))
    }

    private struct Exchange: SASLExchange {
        let message: Bytes

        func respond(to challenge: Bytes?) throws(MartletError) -> Bytes? {
            challenge == nil ? message : nil
        }
    }
}
