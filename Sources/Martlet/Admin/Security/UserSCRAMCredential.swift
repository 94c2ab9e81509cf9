/// Hash function of SCRAM credentials.
public enum SCRAMMechanism: Int8, Sendable, CaseIterable, CustomStringConvertible {
    case sha256 = 1
    case sha512 = 2

    public var description: String {
        switch self {
        case .sha256: "SCRAM-SHA-256"
        case .sha512: "SCRAM-SHA-512"
        }
    }
}

/// What can be known of a user's SCRAM credential: nobody gets the secret back.
public struct SCRAMCredentialInfo: Hashable, Sendable {
    public var mechanism: SCRAMMechanism
    /// How often the password is hashed.
    public var iterations: Int

    public init(mechanism: SCRAMMechanism, iterations: Int) {
        self.mechanism = mechanism
        self.iterations = iterations
    }
}

/// A change of a user's SCRAM credentials (KIP-554).
public struct UserSCRAMChange: Sendable {
    enum Kind: Sendable {
        case set(password: String, iterations: Int)
        case delete
    }

    public let user: String
    public let mechanism: SCRAMMechanism
    let kind: Kind

    /// Iterations that brokers ask for at least.
    public static let defaultIterations = 4_096

    /// The user gets this password, or another one than before. Only what is derived from it leaves the
    /// process, with a salt of its own.
    ///
    /// - Parameter iterations: How often the password is hashed; Kafka takes from 4,096 to 16,384.
    public static func set(
        user: String, password: String, _ mechanism: SCRAMMechanism = .sha512,
        iterations: Int = defaultIterations
    ) -> UserSCRAMChange {
        UserSCRAMChange(
            user: user, mechanism: mechanism, kind: .set(password: password, iterations: iterations))
    }

    /// The user can no longer authenticate by this mechanism.
    public static func delete(user: String, _ mechanism: SCRAMMechanism) -> UserSCRAMChange {
        UserSCRAMChange(user: user, mechanism: mechanism, kind: .delete)
    }
}

extension UserSCRAMChange: CustomStringConvertible, CustomReflectable {
    /// Without the password.
    public var description: String {
        switch kind {
        case .set(_, let iterations): "set \(mechanism) of \(user) (\(iterations) iterations)"
        case .delete: "delete \(mechanism) of \(user)"
        }
    }

    public var customMirror: Mirror { Mirror(self, children: ["user": user, "mechanism": mechanism]) }
}
