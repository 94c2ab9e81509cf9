package import MartletCore

/// Stands in front of each request.
package struct RequestHeader: Hashable, Sendable {
    package var key: APIKey
    /// Version of the API, by which body and header are laid out.
    package var version: Int16
    /// Returned with the response.
    package var correlationID: Int32
    /// What the client calls itself, for logs, metrics and quotas.
    package var clientID: String?

    package init(key: APIKey, version: Int16, correlationID: Int32, clientID: String? = nil) {
        self.key = key
        self.version = version
        self.correlationID = correlationID
        self.clientID = clientID
    }

    /// Reads the header at the start of a frame (without the frame's length).
    ///
    /// The first three fields have the same place in every request there ever was. An unknown API, or a
    /// version that we do not have, therefore still gives a header to answer to, but no body: `bodyStart`
    /// is nil, because how the rest of the header is laid out can only be guessed. A client id that cannot
    /// be read is nil then.
    package static func decode(
        _ frame: Bytes
    ) throws(WireError) -> (header: RequestHeader, bodyStart: Int?) {
        var wire = WireCoder(decoding: frame, version: 1, isFlexible: false)
        let key = APIKey(rawValue: try wire.readNumber())
        let version: Int16 = try wire.readNumber()
        var header = RequestHeader(key: key, version: version, correlationID: try wire.readNumber())
        guard let api = key.apiDescription, api.versions.contains(version) else {
            header.clientID = (try? wire.readString(isNullable: true)) ?? nil
            return (header, nil)
        }
        // The client id never became compact, so that a broker can read it before it knows the version.
        header.clientID = try wire.readString(isNullable: true)
        if api.requestHeaderVersion(version) >= 2 { try wire.skipTaggedFields() }
        withExtendedLifetime(frame) {}
        return (header, wire.position)
    }

    func write(to wire: inout WireCoder) throws(WireError) {
        wire.writeNumber(key.rawValue)
        wire.writeNumber(version)
        wire.writeNumber(correlationID)
        try wire.writeClassicString(clientID)
        try wire.taggedFields()
    }
}
