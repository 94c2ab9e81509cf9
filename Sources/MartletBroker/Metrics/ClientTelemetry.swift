internal import MartletCoordination
internal import MartletCore
internal import MartletRecords
internal import MartletWire
internal import NIOCore

/// Takes metrics that clients push (KIP-714): tells each client what is wanted of it, holds it to its
/// interval, and hands what it sends to the broker's own metrics.
actor ClientTelemetry {
    private let controller: Controller
    private let metrics = ClientMetrics()
    private var subscriptions = ClientSubscriptions()
    private var instances: [ClientInstanceID: Instance] = [:]
    private var random = SystemRandomNumberGenerator()

    /// Clients that are remembered; of more, those are forgotten that were silent longest. A client that was
    /// forgotten is asked to begin anew.
    static let maximumInstances = 16_384

    /// What is remembered of a client: small, since there may be many.
    private struct Instance {
        let plan: ClientSubscriptions.Plan
        /// Of the subscriptions from which the plan follows.
        let version: Int
        /// The other end of its connection.
        let address: SocketAddress?
        var lastGet: Int64 = 0
        var lastPush: Int64 = 0
        var lastSeen: Int64 = 0
        var isTerminating = false
        var lastError = ErrorCode.none
    }

    init(_ controller: Controller) {
        self.controller = controller
    }

    // MARK: Requests

    func subscription(
        _ request: GetTelemetrySubscriptionsRequest, of client: Client
    ) async -> GetTelemetrySubscriptionsResponse {
        let image = await controller.image
        var response = GetTelemetrySubscriptionsResponse()
        let isNew = request.clientInstanceID.rawValue == .zero
        let id = isNew ? ClientInstanceID(rawValue: .random(using: &random)) : request.clientInstanceID
        var instance = instance(id, client, image)
        let now = now
        let mayGet =
            now - max(instance.lastGet, instance.lastPush) >= Int64(instance.plan.intervalMs)
            || instance.lastError == .unknownSubscriptionID
            || instance.lastError == .unsupportedCompressionType
        guard mayGet else {
            store(instance, id, now)
            response.errorCode = .throttlingQuotaExceeded
            return response
        }
        instance.lastGet = now
        instance.lastError = .none
        store(instance, id, now)
        response.clientInstanceID = id
        response.subscriptionID = instance.plan.subscriptionID
        response.requestedMetrics = subscriptions.metrics(for: client, id)
        response.acceptedCompressionTypes = Self.compressionTypes.map { Int8($0.rawValue) }
        response.pushIntervalMs = instance.plan.intervalMs
        response.maxBytes = Int32(clamping: maximumByteCount)
        response.isDelta = true
        return response
    }

    /// The best first.
    private static let compressionTypes: [Compression] = [.zstd, .lz4, .gzip, .snappy]

    func push(_ request: PushTelemetryRequest, of client: Client) async -> PushTelemetryResponse {
        var response = PushTelemetryResponse()
        let id = request.clientInstanceID
        guard !Self.reserved.contains(id.rawValue) else {
            response.errorCode = .invalidRequest
            return response
        }
        let image = await controller.image
        var instance = instance(id, client, image)
        response.errorCode = accept(request, &instance)
        if response.errorCode == .none {
            do throws(RequestError) {
                try metrics.take(try decompressed(request), from: client.clientID ?? "")
            } catch {
                response.errorCode = error.code
            }
        }
        instance.lastError = response.errorCode
        instance.isTerminating = request.isTerminating
        store(instance, id, now)
        return response
    }

    /// Ids that stand for something else than a client.
    private static let reserved: Set<TopicID> = [.zero, TopicID(high: 0, low: 1)]

    private func accept(_ request: PushTelemetryRequest, _ instance: inout Instance) -> ErrorCode {
        guard !instance.isTerminating else { return .invalidRequest }
        let now = now
        if instance.lastGet > instance.lastPush || now - instance.lastPush >= Int64(instance.plan.intervalMs)
        {
            instance.lastPush = now
        } else if !request.isTerminating {
            return .throttlingQuotaExceeded
        }
        guard request.subscriptionID == instance.plan.subscriptionID else { return .unknownSubscriptionID }
        guard Compression(wire: request.compressionType) != nil else { return .unsupportedCompressionType }
        return request.metrics.count > maximumByteCount ? .telemetryTooLarge : .none
    }

    private func decompressed(_ request: PushTelemetryRequest) throws(RequestError) -> Bytes {
        guard let compression = Compression(wire: request.compressionType), compression != .none,
            !request.metrics.isEmpty
        else { return request.metrics }
        let maximum = maximumByteCount
        do throws(RecordError) {
            return try request.metrics.withUnsafeBytes { bytes throws(RecordError) in
                try compression.decompress(bytes, maximumByteCount: maximum)
            }
        } catch .decompressedTooLarge {
            throw RequestError(.telemetryTooLarge)
        } catch {
            throw RequestError(.invalidRecord, "\(error)")
        }
    }

    private var maximumByteCount: Int { controller.environment.settings.int("telemetry.max.bytes") ?? 0 }
    private var now: Int64 { controller.environment.clock().rawValue }

    // MARK: Instances

    /// What is known of the client, or what a new one begins with: also when other metrics are wanted now, so
    /// that it hears of them at once, and when it has connected anew, for then it asks again.
    private func instance(_ id: ClientInstanceID, _ client: Client, _ image: MetadataImage) -> Instance {
        subscriptions.update(image)
        let address = client.connection.remoteAddress
        if let known = instances[id], known.version == image.clientMetricsVersion, known.address == address {
            return known
        }
        return Instance(
            plan: subscriptions.plan(for: client, id), version: image.clientMetricsVersion,
            address: address)
    }

    private func store(_ instance: Instance, _ id: ClientInstanceID, _ now: Int64) {
        if instances[id] == nil, instances.count >= Self.maximumInstances { forgetSilent() }
        instances[id] = instance
        instances[id]?.lastSeen = now
    }

    /// An eighth at a time, so that it costs little per client.
    private func forgetSilent() {
        let oldest = instances.sorted { $0.value.lastSeen < $1.value.lastSeen }
        for (id, _) in oldest.prefix(Self.maximumInstances / 8) { instances[id] = nil }
    }
}

extension Compression {
    /// The codec of a number as record batches have it.
    fileprivate init?(wire number: Int8) {
        guard let raw = UInt8(exactly: number) else { return nil }
        self.init(rawValue: raw)
    }
}
