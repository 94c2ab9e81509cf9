internal import MartletWire

/// PushTelemetry: takes the metrics that were asked for (KIP-714).
struct PushTelemetryHandler: ControlHandler {
    let telemetry: ClientTelemetry

    func handle(_ request: PushTelemetryRequest, from client: Client) async -> PushTelemetryResponse {
        await telemetry.push(request, of: client)
    }
}
