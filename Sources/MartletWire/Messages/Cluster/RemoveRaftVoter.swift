package import MartletCore

/// Takes a controller out of the quorum (KIP-853).
package struct RemoveRaftVoterRequest: KafkaRequest {
    package typealias Response = RemoveRaftVoterResponse

    package static let key = APIKey.removeRaftVoter
    package static let versions: ClosedRange<Int16> = 0...0
    package static let flexibleFrom: Int16 = 0

    /// Null to leave unchecked which cluster it is.
    package var clusterID: String? = nil
    package var voter = BrokerID.none
    package var directory = DirectoryID()

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&clusterID)
        try wire.field(&voter)
        try wire.field(&directory)
        try wire.taggedFields()
    }
}

/// Says whether the controller is out of the quorum.
package struct RemoveRaftVoterResponse: KafkaResponse {
    package typealias Request = RemoveRaftVoterRequest

    package var throttleTimeMs: Int32 = 0
    package var errorCode = ErrorCode.none
    package var errorMessage: String? = nil

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&throttleTimeMs)
        try wire.field(&errorCode)
        try wire.field(&errorMessage)
        try wire.taggedFields()
    }
}
