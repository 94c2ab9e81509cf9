package import MartletCore

/// Asks which SCRAM credentials users have. The secrets themselves never leave the broker.
package struct DescribeUserSCRAMCredentialsRequest: KafkaRequest {
    package typealias Response = DescribeUserSCRAMCredentialsResponse

    package static let key = APIKey.describeUserSCRAMCredentials
    package static let versions: ClosedRange<Int16> = 0...0
    package static let flexibleFrom: Int16 = 0

    /// Null for all users.
    package var users: [User]? = nil

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&users)
        try wire.taggedFields()
    }
}

extension DescribeUserSCRAMCredentialsRequest {
    package struct User: WireStruct {
        package var name = ""

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&name)
            try wire.taggedFields()
        }
    }
}

/// Mechanisms and iterations of each user.
package struct DescribeUserSCRAMCredentialsResponse: KafkaResponse {
    package typealias Request = DescribeUserSCRAMCredentialsRequest

    package var throttleTimeMs: Int32 = 0
    package var errorCode = ErrorCode.none
    package var errorMessage: String? = nil
    package var users: [UserResult] = []

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&throttleTimeMs)
        try wire.field(&errorCode)
        try wire.field(&errorMessage)
        try wire.field(&users)
        try wire.taggedFields()
    }
}

extension DescribeUserSCRAMCredentialsResponse {
    package struct UserResult: WireStruct {
        package var name = ""
        package var errorCode = ErrorCode.none
        package var errorMessage: String? = nil
        package var credentials: [Credential] = []

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&name)
            try wire.field(&errorCode)
            try wire.field(&errorMessage)
            try wire.field(&credentials)
            try wire.taggedFields()
        }
    }

    package struct Credential: WireStruct {
        package var mechanism = SCRAMMechanism()
        package var iterations: Int32 = 0

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&mechanism)
            try wire.field(&iterations)
            try wire.taggedFields()
        }
    }
}
