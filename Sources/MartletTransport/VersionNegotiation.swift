internal import MartletCore
internal import MartletWire

/// Learns which versions of which APIs a broker serves.
enum VersionNegotiation {
    private static let softwareName = "martlet"
    private static let softwareVersion = "0.1"
    /// What brokers in use know: a later one would cost a refusal and a second round trip.
    private static let highestVersion: Int16 = 4
    /// Correlation id and error code, which stand in the same place in every version.
    private static let errorCodePosition = 4

    static func run(on channel: RequestChannel) async throws(TransportError) -> [APIKey: ClosedRange<Int16>] {
        var request = ApiVersionsRequest()
        request.clientSoftwareName = softwareName
        request.clientSoftwareVersion = softwareVersion
        var (response, refused) = try await ask(request, version: highestVersion, on: channel)
        if refused {
            // The refusal tells, in version 0, which versions would have been right.
            let served = response.apis.first { $0.key == ApiVersionsRequest.key }
            let version = max(0, min(served?.maxVersion ?? 0, highestVersion))
            (response, refused) = try await ask(request, version: version, on: channel)
        }
        guard response.errorCode == .none else {
            throw .malformedResponse(
                api: ApiVersionsRequest.key, reason: "the broker answers \(response.errorCode)")
        }
        var versions: [APIKey: ClosedRange<Int16>] = [:]
        for api in response.apis where api.minVersion <= api.maxVersion {
            versions[api.key] = api.minVersion...api.maxVersion
        }
        return versions
    }

    private static func ask(
        _ request: ApiVersionsRequest, version: Int16, on channel: RequestChannel
    ) async throws(TransportError) -> (ApiVersionsResponse, refused: Bool) {
        let frame = try await channel.submit(
            request, version: version, expectsResponse: true, timeout: channel.options.connectTimeout
        ).value()
        let code =
            frame.count < errorCodePosition + 2
            ? 0
            : frame.withUnsafeBytes {
                Int16(bigEndian: $0.loadUnaligned(fromByteOffset: errorCodePosition, as: Int16.self))
            }
        let refused = ErrorCode(rawValue: code) == .unsupportedVersion
        let response = try PendingResponse<ApiVersionsRequest>.decode(frame, version: refused ? 0 : version)
        return (response, refused)
    }
}
