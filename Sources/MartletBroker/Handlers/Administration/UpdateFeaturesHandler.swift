internal import MartletCore
internal import MartletWire

/// UpdateFeatures: moves features of the cluster to other levels (KIP-584).
struct UpdateFeaturesHandler: ControlHandler {
    let controller: Controller

    /// Up to here each feature has its own answer.
    private static let lastVersionWithResults: Int16 = 1

    func handle(_ request: UpdateFeaturesRequest, from client: Client) async -> UpdateFeaturesResponse {
        let changes = request.featureUpdates.map { update in
            Controller.FeatureChange(
                name: update.feature, level: update.maxVersionLevel,
                allowsDowngrade: client.version == 0
                    ? update.allowDowngrade : update.upgradeType != .upgrade)
        }
        var response = UpdateFeaturesResponse()
        do throws(RequestError) {
            guard Set(changes.map(\.name)).count == changes.count else {
                throw RequestError(.invalidRequest, "A feature is named twice.")
            }
            try await controller.changeFeatures(changes, isDryRun: request.validateOnly)
        } catch {
            response.errorCode = error.code
            response.errorMessage = error.message
        }
        guard client.version <= Self.lastVersionWithResults else { return response }
        response.results = changes.map { change in
            UpdateFeaturesResponse.FeatureResult {
                $0.feature = change.name
                $0.errorCode = response.errorCode
                $0.errorMessage = response.errorMessage
            }
        }
        return response
    }
}
