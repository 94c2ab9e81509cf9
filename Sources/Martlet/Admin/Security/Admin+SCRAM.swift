internal import Crypto
internal import MartletCore
internal import MartletWire

/// Users and passwords for SASL/SCRAM (KIP-554).
extension Admin {
    /// The SCRAM credentials of users, without their secrets.
    ///
    /// - Parameter users: Nil for all that have some.
    /// - Returns: For each user; `broker(.resourceNotFound)` for one that was asked for and has none.
    public func describeUserSCRAMCredentials(
        of users: [String]? = nil
    ) async throws(MartletError) -> [String: Result<[SCRAMCredentialInfo], MartletError>] {
        let activity = "describing SCRAM credentials"
        let request = DescribeUserSCRAMCredentialsRequest { request in
            request.users = users?.map { name in
                DescribeUserSCRAMCredentialsRequest.User { $0.name = name }
            }
        }
        let response = try await client.send(request, to: .controller, doing: activity)
        try Self.outcome(response.errorCode, response.errorMessage, doing: activity).get()
        var results: [String: Result<[SCRAMCredentialInfo], MartletError>] = [:]
        for user in response.users {
            results[user.name] = Self.outcome(
                user.errorCode, user.errorMessage, doing: "describing the SCRAM credentials of \(user.name)"
            ).map {
                user.credentials.compactMap { credential in
                    SCRAMMechanism(rawValue: credential.mechanism.rawValue).map {
                        SCRAMCredentialInfo(mechanism: $0, iterations: Int(credential.iterations))
                    }
                }
            }
        }
        return results
    }

    /// Sets and deletes SCRAM credentials. The salted passwords are computed here, some milliseconds each:
    /// the broker sees no password.
    ///
    /// - Returns: For each user whether all its changes were made.
    public func alterUserSCRAMCredentials(
        _ changes: [UserSCRAMChange]
    ) async throws(MartletError) -> [String: Result<Void, MartletError>] {
        guard !changes.isEmpty else { return [:] }
        let activity = "changing SCRAM credentials"
        var request = AlterUserSCRAMCredentialsRequest()
        for change in changes {
            let mechanism = MartletWire.SCRAMMechanism(rawValue: change.mechanism.rawValue)
            switch change.kind {
            case .delete:
                request.deletions.append(
                    AlterUserSCRAMCredentialsRequest.Deletion { wire in
                        wire.name = change.user
                        wire.mechanism = mechanism
                    })
            case .set(let password, let iterations):
                guard !change.user.isEmpty, !password.isEmpty, (1...Int(Int32.max)).contains(iterations)
                else {
                    throw MartletError(
                        .invalidArgument, "\(activity): a user, a password and iterations are needed")
                }
                let salt = Self.makeSalt()
                request.upsertions.append(
                    AlterUserSCRAMCredentialsRequest.Upsertion { wire in
                        wire.name = change.user
                        wire.mechanism = mechanism
                        wire.iterations = Int32(iterations)
                        wire.salt = Bytes(salt)
                        wire.saltedPassword = Bytes(
                            change.mechanism.salted(Array(password.utf8), salt, iterations))
                    })
            }
        }
        let response = try await sendToController(request, doing: activity) { $0.users.first?.errorCode }
        var results: [String: Result<Void, MartletError>] = [:]
        for user in response.users {
            results[user.name] = Self.outcome(
                user.errorCode, user.errorMessage, doing: "changing the SCRAM credentials of \(user.name)")
        }
        return results
    }

    /// As many random bytes as Kafka's own tools take.
    private static let saltByteCount = 32

    private static func makeSalt() -> [UInt8] {
        var random = SystemRandomNumberGenerator()
        return (0..<saltByteCount).map { _ in UInt8.random(in: .min ... .max, using: &random) }
    }
}

extension SCRAMMechanism {
    /// What the broker stores, or can derive what it stores from (RFC 5802, section 3: `SaltedPassword`).
    func salted(_ password: [UInt8], _ salt: [UInt8], _ iterations: Int) -> [UInt8] {
        switch self {
        case .sha256: SCRAMKeys<SHA256>.salted(password, salt, iterations)
        case .sha512: SCRAMKeys<SHA512>.salted(password, salt, iterations)
        }
    }
}
