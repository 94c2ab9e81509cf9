package import MartletWire

/// Why a connection gave no answer to a request.
package enum TransportError: Error, Sendable {
    /// No connection came about.
    case connectFailed(address: BrokerAddress, reason: String)
    /// TLS was refused, or is what one side speaks and the other does not.
    /// - Parameter isPermanent: Whether it stays so until somebody changes a configuration.
    case tlsFailed(address: BrokerAddress, reason: String, isPermanent: Bool)
    /// The broker does not take the client for who it says it is, or the other way round.
    case authenticationFailed(
        address: BrokerAddress, reason: String, isRetriable: Bool, cause: (any Error)? = nil)
    /// The connection had ended already; the request did not leave.
    case neverSent(reason: String)
    /// The connection ended before the answer came. The broker may have acted on the request.
    case closed(reason: String)
    /// The answer did not come in time; the connection was closed. The broker may have acted on the request.
    case requestTimedOut(api: APIKey, after: Duration)
    /// More requests wait on the connection than `ConnectionOptions.maximumWaiting`; this one was not sent.
    case tooManyRequests(limit: Int)
    /// The broker serves no version of the API that we speak; the request was not sent.
    case unsupportedVersion(api: APIKey, ours: ClosedRange<Int16>, broker: ClosedRange<Int16>?)
    /// A value of the request does not fit its field; it was not sent.
    case unencodable(api: APIKey, error: WireError)
    /// The broker's bytes make no response; the connection was closed.
    case malformedResponse(api: APIKey?, reason: String)
    /// The broker announced a response beyond `ConnectionOptions.maximumResponseBytes`.
    case responseTooLarge(byteCount: Int, limit: Int)
    /// The waiting task was cancelled. The broker may have acted on the request.
    case cancelled
}

extension TransportError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .connectFailed(let address, let reason):
            "cannot connect to \(address): \(reason)"
        case .tlsFailed(let address, let reason, _):
            "no TLS connection to \(address): \(reason)"
        case .authenticationFailed(let address, let reason, _, _):
            "authentication with \(address) failed: \(reason)"
        case .neverSent(let reason):
            "not sent: \(reason)"
        case .closed(let reason):
            "connection closed before the answer came: \(reason)"
        case .requestTimedOut(let api, let after):
            "no answer to \(api) within \(after)"
        case .tooManyRequests(let limit):
            "more than \(limit) requests wait on one connection"
        case .unsupportedVersion(let api, let ours, let broker?):
            "\(api) is spoken in versions \(ours.lowerBound)-\(ours.upperBound) here and in"
                + " \(broker.lowerBound)-\(broker.upperBound) by the broker"
        case .unsupportedVersion(let api, _, nil):
            "the broker does not serve \(api)"
        case .unencodable(let api, let error):
            "\(api) request cannot be encoded: \(error)"
        case .malformedResponse(let api, let reason):
            "malformed response\(api.map { " to \($0)" } ?? ""): \(reason)"
        case .responseTooLarge(let byteCount, let limit):
            "the broker announced a response of \(byteCount) bytes; the limit is \(limit)"
        case .cancelled:
            "cancelled"
        }
    }
}
