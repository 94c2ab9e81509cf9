package import MartletCore

/// Sets and deletes SCRAM credentials. The client derives the salted password, so that the broker never
/// sees the password.
package struct AlterUserSCRAMCredentialsRequest: KafkaRequest {
    package typealias Response = AlterUserSCRAMCredentialsResponse

    package static let key = APIKey.alterUserSCRAMCredentials
    package static let versions: ClosedRange<Int16> = 0...0
    package static let flexibleFrom: Int16 = 0

    package var deletions: [Deletion] = []
    package var upsertions: [Upsertion] = []

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&deletions)
        try wire.field(&upsertions)
        try wire.taggedFields()
    }
}

extension AlterUserSCRAMCredentialsRequest {
    package struct Deletion: WireStruct {
        package var name = ""
        package var mechanism = SCRAMMechanism()

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&name)
            try wire.field(&mechanism)
            try wire.taggedFields()
        }
    }

    package struct Upsertion: WireStruct {
        package var name = ""
        package var mechanism = SCRAMMechanism()
        package var iterations: Int32 = 0
        /// Random, chosen by the client.
        package var salt = Bytes.empty
        /// The result of the mechanism's key derivation over password and salt.
        package var saltedPassword = Bytes.empty

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&name)
            try wire.field(&mechanism)
            try wire.field(&iterations)
            try wire.field(&salt)
            try wire.field(&saltedPassword)
            try wire.taggedFields()
        }
    }
}

/// Says for each user whether all changes were made.
package struct AlterUserSCRAMCredentialsResponse: KafkaResponse {
    package typealias Request = AlterUserSCRAMCredentialsRequest

    package var throttleTimeMs: Int32 = 0
    package var users: [UserResult] = []

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&throttleTimeMs)
        try wire.field(&users)
        try wire.taggedFields()
    }
}

extension AlterUserSCRAMCredentialsResponse {
    package struct UserResult: WireStruct {
        package var name = ""
        package var errorCode = ErrorCode.none
        package var errorMessage: String? = nil

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&name)
            try wire.field(&errorCode)
            try wire.field(&errorMessage)
            try wire.taggedFields()
        }
    }
}
