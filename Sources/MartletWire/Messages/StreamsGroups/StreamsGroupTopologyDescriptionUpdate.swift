package import MartletCore

/// Tells the broker how an application's topology looks, for people who ask for it.
package struct StreamsGroupTopologyDescriptionUpdateRequest: KafkaRequest {
    package typealias Response = StreamsGroupTopologyDescriptionUpdateResponse

    package static let key = APIKey.streamsGroupTopologyDescriptionUpdate
    package static let versions: ClosedRange<Int16> = 0...0
    package static let flexibleFrom: Int16 = 0

    package var group = GroupID()
    package var member = MemberID()
    package var topologyEpoch: Int32 = 0
    package var topologyDescription = StreamsGroup.TopologyDescription()

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&group)
        try wire.field(&member)
        try wire.field(&topologyEpoch)
        try wire.field(&topologyDescription)
        try wire.taggedFields()
    }
}

/// Says whether the description was taken.
package struct StreamsGroupTopologyDescriptionUpdateResponse: KafkaResponse {
    package typealias Request = StreamsGroupTopologyDescriptionUpdateRequest

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
