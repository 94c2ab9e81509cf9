internal import MartletCore
internal import MartletTransport
internal import MartletWire

/// Levels of features (KIP-584, KIP-778).
extension Admin {
    /// Which features the cluster has, and at which levels.
    ///
    /// - Parameter broker: Whose abilities count; nil for whichever answers first.
    /// - Throws: `unsupportedByBroker` if the broker is too old to tell (before ApiVersions 3).
    public func describeFeatures(of broker: BrokerID? = nil) async throws(MartletError) -> ClusterFeatures {
        let activity = "describing features"
        let request = ApiVersionsRequest { request in
            // A broker refuses empty names.
            request.clientSoftwareName = "martlet"
            request.clientSoftwareVersion = "0"
        }
        let response = try await send(
            request, to: broker.map { .broker($0) } ?? .any, doing: activity,
            atLeastVersion: Self.firstVersionWithFeatures)
        try Self.outcome(response.errorCode, nil, doing: activity).get()
        var features = ClusterFeatures(
            finalized: [:],
            finalizedEpoch: response.finalizedFeaturesEpoch >= 0 ? response.finalizedFeaturesEpoch : nil,
            supported: [:])
        for feature in response.finalizedFeatures where feature.minVersionLevel <= feature.maxVersionLevel {
            features.finalized[feature.name] = feature.minVersionLevel...feature.maxVersionLevel
        }
        for feature in response.supportedFeatures where feature.minVersion <= feature.maxVersion {
            features.supported[feature.name] = feature.minVersion...feature.maxVersion
        }
        return features
    }

    private static let firstVersionWithFeatures: Int16 = 3

    /// Moves features to other levels, all or none of them.
    ///
    /// - Parameter validateOnly: Only says whether it would work; `unsupportedByBroker` if the broker cannot
    ///   do that (before UpdateFeatures 1).
    public func updateFeatures(
        _ updates: [String: FeatureUpdate], validateOnly: Bool = false
    ) async throws(MartletError) {
        guard !updates.isEmpty else { return }
        let activity = "updating features"
        let request = UpdateFeaturesRequest { request in
            request.timeoutMs = timeoutMs
            request.validateOnly = validateOnly
            request.featureUpdates = updates.sorted { $0.key < $1.key }.map { name, update in
                UpdateFeaturesRequest.FeatureUpdate { wire in
                    wire.feature = name
                    wire.maxVersionLevel = update.level
                    wire.allowDowngrade = update.direction != .upgrade
                    wire.upgradeType =
                        switch update.direction {
                        case .upgrade: .upgrade
                        case .safeDowngrade: .safeDowngrade
                        case .unsafeDowngrade: .unsafeDowngrade
                        }
                }
            }
        }
        let response = try await sendToController(
            request, doing: activity, atLeastVersion: validateOnly ? 1 : 0
        ) { $0.errorCode }
        try Self.outcome(response.errorCode, response.errorMessage, doing: activity).get()
        // Up to version 1 each feature has an outcome of its own.
        for result in response.results {
            try Self.outcome(
                result.errorCode, result.errorMessage, doing: "\(activity), \(result.feature)"
            ).get()
        }
    }
}
