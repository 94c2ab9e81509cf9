/// A response as it goes to the socket: length, header, body.
package enum ResponseFrame {
    /// - Parameter capacity: bytes to reserve, for a response that is known to be large.
    package static func encode<Response: KafkaResponse>(
        _ response: Response, version: Int16, correlationID: Int32, capacity: Int = 256
    ) throws(WireError) -> EncodedMessage {
        try Response.check(version)
        var wire = WireCoder(
            encodingVersion: version, isFlexible: version >= Response.flexibleFrom, reserving: capacity)
        wire.writeNumber(Int32(0))
        wire.writeNumber(correlationID)
        if APIDescription(Response.Request.self).responseHeaderVersion(version) >= 1 {
            try wire.taggedFields()
        }
        try response.write(to: &wire)
        return try wire.finishFrame()
    }
}
