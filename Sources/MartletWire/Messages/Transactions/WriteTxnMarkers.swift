package import MartletCore

/// Ends transactions in their partitions: a coordinator's word to the leaders.
package struct WriteTxnMarkersRequest: KafkaRequest {
    package typealias Response = WriteTxnMarkersResponse

    package static let key = APIKey.writeTxnMarkers
    package static let versions: ClosedRange<Int16> = 1...2
    package static let flexibleFrom: Int16 = 1

    package var markers: [Marker] = []

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&markers)
        try wire.taggedFields()
    }
}

extension WriteTxnMarkersRequest {
    package struct Marker: WireStruct {
        package var producerID = ProducerID.none
        package var producerEpoch = ProducerEpoch.none
        /// True to commit, false to abort.
        package var commits = false
        package var topics: [Topic] = []
        /// Fences a coordinator that has been replaced.
        package var coordinatorEpoch: Int32 = 0
        /// Tells how strictly the producer epoch is checked (since version 2).
        package var transactionVersion: Int8 = 0

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&producerID)
            try wire.field(&producerEpoch)
            try wire.field(&commits)
            try wire.field(&topics)
            try wire.field(&coordinatorEpoch)
            try wire.field(&transactionVersion, since: 2)
            try wire.taggedFields()
        }
    }

    package struct Topic: WireStruct {
        package var name = TopicName()
        package var partitions: [PartitionIndex] = []

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&name)
            try wire.field(&partitions)
            try wire.taggedFields()
        }
    }
}

/// Says for each partition whether the marker is written.
package struct WriteTxnMarkersResponse: KafkaResponse {
    package typealias Request = WriteTxnMarkersRequest

    package var markers: [Marker] = []

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&markers)
        try wire.taggedFields()
    }
}

extension WriteTxnMarkersResponse {
    package struct Marker: WireStruct {
        package var producerID = ProducerID.none
        package var topics: [Topic] = []

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&producerID)
            try wire.field(&topics)
            try wire.taggedFields()
        }
    }

    package struct Topic: WireStruct {
        package var name = TopicName()
        package var partitions: [Partition] = []

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&name)
            try wire.field(&partitions)
            try wire.taggedFields()
        }
    }

    package struct Partition: WireStruct {
        package var index: PartitionIndex = 0
        package var errorCode = ErrorCode.none

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&index)
            try wire.field(&errorCode)
            try wire.taggedFields()
        }
    }
}
