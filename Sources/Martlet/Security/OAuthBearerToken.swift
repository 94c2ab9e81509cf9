/// What an identity provider signed: the client may do this.
public struct OAuthBearerToken: Sendable {
    let token: Secret
    /// Further things to tell the broker, as KIP-342 has them: names of letters, values of printable ASCII.
    public var extensions: [String: String]

    /// - Parameter value: The token as it came, for instance a JSON Web Token in its compact form.
    public init(_ value: String, extensions: [String: String] = [:]) {
        token = Secret(value)
        self.extensions = extensions
    }
}

extension OAuthBearerToken: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Nothing of the token.
    public var description: String { "a bearer token" }

    public var debugDescription: String { description }

    public var customMirror: Mirror { Mirror(self, children: []) }
}
