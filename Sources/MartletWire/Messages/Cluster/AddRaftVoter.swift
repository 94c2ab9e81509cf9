package import MartletCore

/// Adds a controller to the quorum (KIP-853).
package struct AddRaftVoterRequest: KafkaRequest {
    package typealias Response = AddRaftVoterResponse

    package static let key = APIKey.addRaftVoter
    package static let versions: ClosedRange<Int16> = 0...1
    package static let flexibleFrom: Int16 = 0

    /// Null to leave unchecked which cluster it is.
    package var clusterID: String? = nil
    /// How long to wait until the voter is part of the quorum.
    package var timeoutMs: Int32 = 0
    package var voter = BrokerID.none
    package var directory = DirectoryID()
    package var listeners: [VoterListener] = []
    /// Answer when a majority knows, not only the leader (since version 1).
    package var acknowledgesWhenCommitted = true

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&clusterID)
        try wire.field(&timeoutMs)
        try wire.field(&voter)
        try wire.field(&directory)
        try wire.field(&listeners)
        try wire.field(&acknowledgesWhenCommitted, since: 1)
        try wire.taggedFields()
    }
}

/// Says whether the controller is part of the quorum.
package struct AddRaftVoterResponse: KafkaResponse {
    package typealias Request = AddRaftVoterRequest

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
