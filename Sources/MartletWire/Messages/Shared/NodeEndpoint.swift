package import MartletCore

/// Address of a broker that the same response names as a leader; spares the client a Metadata request.
package struct NodeEndpoint: WireStruct {
    package var id = BrokerID.none
    package var host = ""
    package var port: Int32 = 0
    package var rack: String? = nil

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&id)
        try wire.field(&host)
        try wire.field(&port)
        try wire.field(&rack)
        try wire.taggedFields()
    }
}
