package import MartletCore

/// Stands in front of each response, and says which request it answers.
package struct ResponseHeader: Hashable, Sendable {
    package var correlationID: Int32

    package init(correlationID: Int32) {
        self.correlationID = correlationID
    }

    /// Reads the header at the start of a frame (without the frame's length). The response does not say
    /// what it is: the client knows by the order of its requests.
    package static func decode(
        _ frame: Bytes, key: APIKey, version: Int16
    ) throws(WireError) -> (header: ResponseHeader, bodyStart: Int) {
        guard let api = key.apiDescription else {
            throw .unsupportedVersion(message: "\(key)", version: version)
        }
        var wire = WireCoder(decoding: frame, version: 0, isFlexible: false)
        let header = ResponseHeader(correlationID: try wire.readNumber())
        if api.responseHeaderVersion(version) >= 1 { try wire.skipTaggedFields() }
        withExtendedLifetime(frame) {}
        return (header, wire.position)
    }
}
