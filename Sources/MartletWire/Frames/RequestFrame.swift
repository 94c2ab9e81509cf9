/// A request as it goes to the socket: length, header, body.
package enum RequestFrame {
    package static func encode<Request: KafkaRequest>(
        _ request: Request, version: Int16, correlationID: Int32, clientID: String? = nil
    ) throws(WireError) -> EncodedMessage {
        try Request.check(version)
        let header = RequestHeader(
            key: Request.key, version: version, correlationID: correlationID, clientID: clientID)
        var wire = WireCoder(encodingVersion: version, isFlexible: version >= Request.flexibleFrom)
        wire.writeNumber(Int32(0))
        try header.write(to: &wire)
        try request.write(to: &wire)
        return try wire.finishFrame()
    }
}
