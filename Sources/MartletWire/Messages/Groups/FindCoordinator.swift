package import MartletCore

/// Asks which broker looks after a group, a transactional id or a share group's partition.
///
/// Versions up to 3 ask for one key, in `key`; later ones for several, in `keys`.
package struct FindCoordinatorRequest: KafkaRequest {
    package typealias Response = FindCoordinatorResponse

    package static let key = APIKey.findCoordinator
    package static let versions: ClosedRange<Int16> = 0...6
    package static let flexibleFrom: Int16 = 3

    /// Up to version 3.
    package var key = ""
    /// What kind of thing the keys name (since version 1).
    package var keyType = CoordinatorType.group
    /// Since version 4. Of a share group's partition: group id, topic id and partition, with colons between
    /// them.
    package var keys: [String] = []

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&key, until: 3)
        try wire.field(&keyType, since: 1)
        try wire.field(&keys, since: 4)
        try wire.taggedFields()
    }
}

/// The brokers in charge.
package struct FindCoordinatorResponse: KafkaResponse {
    package typealias Request = FindCoordinatorRequest

    package var throttleTimeMs: Int32 = 0
    package var errorCode = ErrorCode.none
    package var errorMessage: String? = nil
    /// With host and port, the answer up to version 3.
    package var nodeID = BrokerID.none
    package var host = ""
    package var port: Int32 = 0
    /// Since version 4.
    package var coordinators: [Coordinator] = []

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&throttleTimeMs, since: 1)
        try wire.field(&errorCode, until: 3)
        try wire.field(&errorMessage, since: 1, until: 3)
        try wire.field(&nodeID, until: 3)
        try wire.field(&host, until: 3)
        try wire.field(&port, until: 3)
        try wire.field(&coordinators, since: 4)
        try wire.taggedFields()
    }
}

extension FindCoordinatorResponse {
    package struct Coordinator: WireStruct {
        package var key = ""
        package var nodeID = BrokerID.none
        package var host = ""
        package var port: Int32 = 0
        package var errorCode = ErrorCode.none
        package var errorMessage: String? = nil

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&key)
            try wire.field(&nodeID)
            try wire.field(&host)
            try wire.field(&port)
            try wire.field(&errorCode)
            try wire.field(&errorMessage)
            try wire.taggedFields()
        }
    }
}
