public import MartletCore

/// Somebody whom a cluster knows: a kind and a name, as in `User:alice`.
public struct KafkaPrincipal: Hashable, Sendable, CustomStringConvertible {
    public var type: String
    public var name: String

    public init(type: String = "User", name: String) {
        self.type = type
        self.name = name
    }

    public var description: String { "\(type):\(name)" }
}

/// A token with which others can act for its owner, without the owner's password (KIP-48).
public struct DelegationToken: Hashable, Sendable {
    public var id: String
    /// The secret of the token, and what it is renewed and ended by.
    public var hmac: Bytes
    public var owner: KafkaPrincipal
    /// Who asked for it; nil if the broker is too old to say.
    public var requester: KafkaPrincipal?
    /// Who else may renew it. Empty in the answer to its creation.
    public var renewers: [KafkaPrincipal]
    public var issued: Timestamp
    /// When it ends unless it is renewed.
    public var expires: Timestamp
    /// When it ends in any case.
    public var latestExpiry: Timestamp
}

extension DelegationToken: CustomStringConvertible, CustomReflectable {
    /// Without the secret.
    public var description: String { "token \(id) of \(owner)" }

    public var customMirror: Mirror { Mirror(self, children: ["id": id, "owner": owner]) }
}
