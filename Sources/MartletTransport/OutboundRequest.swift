internal import MartletCore
internal import MartletWire

/// A request on its way through the channel's pipeline: an encoded frame and where its answer goes.
struct OutboundRequest: Sendable {
    let api: APIKey
    let correlationID: Int32
    let frame: EncodedMessage
    /// False for Produce with acks=0: the reply then completes when the frame has been written.
    let expectsResponse: Bool
    /// Part of an authentication: goes out also while other requests are held back for it.
    let isAuthentication: Bool
    let timeout: Duration
    /// Gets the response frame without its length: correlation id, header, body.
    let reply: OneShot<Bytes>
}
