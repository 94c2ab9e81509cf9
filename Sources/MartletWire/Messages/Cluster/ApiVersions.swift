package import MartletCore

/// Asks which APIs a broker serves, in which versions: the first request on every connection.
package struct ApiVersionsRequest: KafkaRequest {
    package typealias Response = ApiVersionsResponse

    package static let key = APIKey.apiVersions
    package static let versions: ClosedRange<Int16> = 0...5
    package static let flexibleFrom: Int16 = 3

    /// Letters, digits, dots and dashes; for the broker's metrics.
    package var clientSoftwareName = ""
    package var clientSoftwareVersion = ""
    /// Names the cluster that the client means to reach (since version 5).
    package var clusterID: String? = nil
    /// Names the broker that the client means to reach (since version 5).
    package var nodeID = BrokerID.none

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&clientSoftwareName, since: 3)
        try wire.field(&clientSoftwareVersion, since: 3)
        try wire.field(&clusterID, since: 5)
        try wire.field(&nodeID, since: 5)
        try wire.taggedFields()
    }
}

/// What the broker serves. A version of the request that it does not know is answered with version 0 of
/// this and UNSUPPORTED_VERSION.
package struct ApiVersionsResponse: KafkaResponse {
    package typealias Request = ApiVersionsRequest

    package var errorCode = ErrorCode.none
    package var apis: [API] = []
    package var throttleTimeMs: Int32 = 0
    /// Cluster features that this broker could run with, and their levels.
    package var supportedFeatures: [SupportedFeature] = []
    /// Grows with each change of the features in force; -1 if unknown.
    package var finalizedFeaturesEpoch: Int64 = -1
    /// Cluster features that are in force.
    package var finalizedFeatures: [FinalizedFeature] = []
    package var zooKeeperMigrationReady = false

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&errorCode)
        try wire.field(&apis)
        try wire.field(&throttleTimeMs, since: 1)
        try wire.tagged(0, &supportedFeatures)
        try wire.tagged(1, &finalizedFeaturesEpoch, default: -1)
        try wire.tagged(2, &finalizedFeatures)
        try wire.tagged(3, &zooKeeperMigrationReady, default: false)
        try wire.taggedFields()
    }
}

extension ApiVersionsResponse {
    package struct API: WireStruct {
        package var key = APIKey(rawValue: 0)
        package var minVersion: Int16 = 0
        package var maxVersion: Int16 = 0

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&key)
            try wire.field(&minVersion)
            try wire.field(&maxVersion)
            try wire.taggedFields()
        }
    }

    package struct SupportedFeature: WireStruct {
        package var name = ""
        package var minVersion: Int16 = 0
        package var maxVersion: Int16 = 0

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&name)
            try wire.field(&minVersion)
            try wire.field(&maxVersion)
            try wire.taggedFields()
        }
    }

    package struct FinalizedFeature: WireStruct {
        package var name = ""
        package var maxVersionLevel: Int16 = 0
        package var minVersionLevel: Int16 = 0

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&name)
            try wire.field(&maxVersionLevel)
            try wire.field(&minVersionLevel)
            try wire.taggedFields()
        }
    }
}

extension ApiVersionsResponse {
    /// Reads the answer to a request of the given version. A broker that does not have this version answers
    /// in version 0.
    package init(answering version: Int16, decoding bytes: Bytes) throws(WireError) {
        let refusal = UInt16(bitPattern: ErrorCode.unsupportedVersion.rawValue)
        let isRefusal = bytes.count >= 2 && UInt16(bytes[0]) << 8 | UInt16(bytes[1]) == refusal
        try self.init(decoding: bytes, version: isRefusal ? 0 : version)
    }
}
