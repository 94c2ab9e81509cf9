internal import NIOSSL

/// Puts what can go wrong with TLS into words: what it means, and what to change.
struct TLSFailure {
    let reason: String
    /// Whether it will be the same the next time, unless somebody changes a configuration.
    let isPermanent: Bool

    /// - Parameter name: The name that the broker's certificate should bear.
    /// - Returns: nil if the error has nothing to do with TLS, or is but an end without a farewell.
    init?(_ error: any Error, expecting name: String) {
        switch error {
        case NIOSSLError.uncleanShutdown:
            return nil
        case NIOSSLError.handshakeFailed(let error):
            self.init(error)
        case let error as BoringSSLError:
            self.init(error)
        case let error as NIOSSLExtraError
        where error == .failedToValidateHostname || error == .serverHostnameImpossibleToMatch:
            self.init(
                "the broker's certificate is not made out to \(name); connect by a name that stands in it, or"
                    + " set the server name that it has")
        case is NIOSSLError, is NIOSSLExtraError:
            self.init("\(error)")
        default:
            return nil
        }
    }

    /// The broker closed the connection, or was silent, before the handshake was done.
    static let unanswered = TLSFailure(
        "the handshake was not answered; does this port speak TLS?", isPermanent: false)

    private init(_ reason: String, isPermanent: Bool = true) {
        self.reason = reason
        self.isPermanent = isPermanent
    }

    private init(_ error: BoringSSLError) {
        guard case .sslError(let stack) = error else {
            self.init("\(error)", isPermanent: false)
            return
        }
        if stack.contains(.eofDuringHandshake) {
            self = .unanswered
            return
        }
        let symbols = stack.map(Self.symbol)
        for (symbol, meaning) in Self.meanings where symbols.contains(where: { $0.contains(symbol) }) {
            self.init(meaning)
            return
        }
        self.init(symbols.joined(separator: "; "))
    }

    /// BoringSSL's name of the error, out of `Error: 268435581 error:1000007d:SSL routines:OPENSSL_internal:
    /// CERTIFICATE_VERIFY_FAILED at …`.
    private static func symbol(_ error: BoringSSLInternalError) -> String {
        for word in "\(error)".split(whereSeparator: { $0 == ":" || $0 == " " })
        where word.contains("_") && word.allSatisfy({ $0 == "_" || $0.isUppercase || $0.isNumber }) {
            return String(word)
        }
        return "\(error)"
    }

    private static let meanings: [(String, String)] = [
        (
            "CERTIFICATE_VERIFY_FAILED",
            "the broker's certificate cannot be verified: it is signed by nobody that this client trusts, or"
                + " its time has run out; give the authority that signed it as trust roots"
        ),
        (
            "WRONG_VERSION_NUMBER",
            "the port does not speak TLS; use the broker's TLS port, or configure no TLS"
        ),
        (
            "CERTIFICATE_REQUIRED",
            "the broker demands a client certificate; configure an identity"
        ),
        (
            "ALERT_UNKNOWN_CA",
            "the broker does not trust who signed the client's certificate"
        ),
        (
            "ALERT_BAD_CERTIFICATE",
            "the broker refuses the client's certificate, or the lack of one; check the identity"
        ),
        (
            "ALERT_CERTIFICATE_EXPIRED",
            "the broker says that the client's certificate has expired"
        ),
        (
            "ALERT_HANDSHAKE_FAILURE",
            "the broker refuses the handshake; it may demand a client certificate, or other versions of TLS"
        ),
        (
            "PROTOCOL_VERSION",
            "broker and client have no version of TLS in common; this client speaks 1.2 and 1.3"
        ),
        (
            "UNSUPPORTED_PROTOCOL",
            "broker and client have no version of TLS in common; this client speaks 1.2 and 1.3"
        ),
    ]
}
