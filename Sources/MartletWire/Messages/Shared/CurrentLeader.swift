package import MartletCore

/// Who leads a partition now, for a client that turned to the wrong broker.
package struct CurrentLeader: WireStruct {
    package var leader = BrokerID.none
    package var leaderEpoch = LeaderEpoch.none

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&leader)
        try wire.field(&leaderEpoch)
        try wire.taggedFields()
    }
}
