internal import MartletWire

/// GetTelemetrySubscriptions: tells a client which of its metrics are wanted, and how often (KIP-714).
struct GetTelemetrySubscriptionsHandler: ControlHandler {
    let telemetry: ClientTelemetry

    func handle(
        _ request: GetTelemetrySubscriptionsRequest, from client: Client
    ) async -> GetTelemetrySubscriptionsResponse {
        await telemetry.subscription(request, of: client)
    }
}
