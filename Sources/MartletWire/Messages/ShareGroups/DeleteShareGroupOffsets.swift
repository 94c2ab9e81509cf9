package import MartletCore

/// Forgets how far a share group has got in topics that it does not read at the moment.
package struct DeleteShareGroupOffsetsRequest: KafkaRequest {
    package typealias Response = DeleteShareGroupOffsetsResponse

    package static let key = APIKey.deleteShareGroupOffsets
    package static let versions: ClosedRange<Int16> = 0...0
    package static let flexibleFrom: Int16 = 0

    package var group = GroupID()
    package var topics: [Topic] = []

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&group)
        try wire.field(&topics)
        try wire.taggedFields()
    }
}

extension DeleteShareGroupOffsetsRequest {
    package struct Topic: WireStruct {
        package var name = TopicName()

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&name)
            try wire.taggedFields()
        }
    }
}

/// Says for each topic whether that is forgotten.
package struct DeleteShareGroupOffsetsResponse: KafkaResponse {
    package typealias Request = DeleteShareGroupOffsetsRequest

    package var throttleTimeMs: Int32 = 0
    package var errorCode = ErrorCode.none
    package var errorMessage: String? = nil
    package var topics: [Topic] = []

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&throttleTimeMs)
        try wire.field(&errorCode)
        try wire.field(&errorMessage)
        try wire.field(&topics)
        try wire.taggedFields()
    }
}

extension DeleteShareGroupOffsetsResponse {
    package struct Topic: WireStruct {
        package var name = TopicName()
        package var id = TopicID.zero
        package var errorCode = ErrorCode.none
        package var errorMessage: String? = nil

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&name)
            try wire.field(&id)
            try wire.field(&errorCode)
            try wire.field(&errorMessage)
            try wire.taggedFields()
        }
    }
}
