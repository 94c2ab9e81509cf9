internal import MartletCore

extension Controller {
    /// Users, client ids and addresses that may have quotas: they stay in memory.
    static let maximumQuotaEntities = 10_000

    /// Changes quotas of one entity, all or none; nil takes one away.
    func changeQuotas(
        of entity: QuotaEntity, _ changes: [String: Double?], isDryRun: Bool
    ) async throws(RequestError) {
        try await gate.pass { () async throws(RequestError) in
            let current = self.image.quotas[entity] ?? [:]
            let news = changes.filter { current[$0.key] != $0.value }.sorted { $0.key < $1.key }
            if isDryRun || news.isEmpty { return }
            guard !current.isEmpty || self.image.quotas.count < Self.maximumQuotaEntities else {
                throw RequestError(
                    .policyViolation,
                    "\(Self.maximumQuotaEntities) have quotas, which is the limit; remove those of others.")
            }
            try await self.commit(news.map { .quota(entity, key: $0.key, value: $0.value) })
        }
    }
}
