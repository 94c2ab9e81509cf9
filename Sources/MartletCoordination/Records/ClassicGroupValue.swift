package import MartletCore
package import MartletWire

/// A generation of a classic group: who is in it, and what each member got.
package struct ClassicGroupValue: VersionedMessage {
    package static let versions: ClosedRange<Int16> = 0...4
    package static let flexibleFrom: Int16 = 4

    package var protocolType = ""
    package var generation = GenerationID.none
    package var protocolName: String? = nil
    package var leader: MemberID? = nil
    package var currentStateTimestamp = Timestamp.none
    package var members: [Member] = []

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&protocolType)
        try wire.field(&generation)
        try wire.field(&protocolName)
        try wire.field(&leader)
        try wire.field(&currentStateTimestamp, since: 2)
        try wire.field(&members)
        try wire.taggedFields()
    }

    package struct Member: WireStruct {
        package var id = MemberID()
        package var instance: InstanceID? = nil
        package var clientID = ""
        package var clientHost = ""
        package var rebalanceTimeoutMs: Int32 = -1
        package var sessionTimeoutMs: Int32 = 0
        /// In terms of the protocol that was chosen.
        package var subscription = Bytes.empty
        package var assignment = Bytes.empty

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&id)
            try wire.field(&instance, since: 3)
            try wire.field(&clientID)
            try wire.field(&clientHost)
            try wire.field(&rebalanceTimeoutMs, since: 1)
            try wire.field(&sessionTimeoutMs)
            try wire.field(&subscription)
            try wire.field(&assignment)
            try wire.taggedFields()
        }
    }
}
