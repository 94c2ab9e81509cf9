internal import MartletCore

extension Controller {
    /// Moves a feature of the cluster to another level.
    struct FeatureChange: Sendable {
        let name: String
        let level: Int16
        let allowsDowngrade: Bool
    }

    /// Moves features to other levels, all or none.
    func changeFeatures(_ changes: [FeatureChange], isDryRun: Bool) async throws(RequestError) {
        try await gate.pass { () async throws(RequestError) in
            var records: [MetadataRecord] = []
            for change in changes {
                let current = try self.level(before: change)
                if change.level != current {
                    records.append(.featureLevel(change.name, change.level))
                }
            }
            if !isDryRun, !records.isEmpty { try await self.commit(records) }
        }
    }

    private func level(before change: FeatureChange) throws(RequestError) -> Int16 {
        guard let feature = ClusterFeature.all.first(where: { $0.name == change.name }) else {
            let known = ClusterFeature.all.map(\.name).joined(separator: ", ")
            throw RequestError(
                .invalidUpdateVersion, "There is no feature '\(change.name)'; the features are \(known).")
        }
        guard feature.supported.contains(change.level) else {
            throw RequestError(
                .invalidUpdateVersion,
                "Feature '\(feature.name)' has the levels \(feature.supported.lowerBound) to "
                    + "\(feature.supported.upperBound), not \(change.level).")
        }
        let current = image.level(of: feature)
        guard change.level >= current || change.allowsDowngrade else {
            throw RequestError(
                .invalidUpdateVersion,
                "Feature '\(feature.name)' is at level \(current); the request must allow a downgrade to get it to \(change.level)."
            )
        }
        return current
    }
}
