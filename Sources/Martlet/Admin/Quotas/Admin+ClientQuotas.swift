internal import MartletCore
internal import MartletWire

/// Quotas (KIP-546).
extension Admin {
    /// The quotas of all entities that a filter lets through, by entity.
    ///
    /// Entities of a kind that this library has no name for are left out.
    public func describeClientQuotas(
        _ filter: QuotaFilter = QuotaFilter()
    ) async throws(MartletError) -> [QuotaEntity: [QuotaKey: Double]] {
        let activity = "describing client quotas"
        let request = DescribeClientQuotasRequest { request in
            request.components = filter.components
            request.isStrict = filter.isStrict
        }
        let response = try await client.send(request, doing: activity)
        try Self.outcome(response.errorCode, response.errorMessage, doing: activity).get()
        var quotas: [QuotaEntity: [QuotaKey: Double]] = [:]
        for entry in response.entries ?? [] {
            guard let entity = QuotaEntity(entry.entity.map { ($0.type, $0.name) }) else { continue }
            for value in entry.values {
                quotas[entity, default: [:]][QuotaKey(rawValue: value.key)] = value.value
            }
        }
        return quotas
    }

    /// Sets and removes quotas; those not named stay.
    ///
    /// - Parameters:
    ///   - changes: For each entity its new quotas; nil removes one.
    ///   - validateOnly: Only says whether it would work.
    public func alterClientQuotas(
        _ changes: [QuotaEntity: [QuotaKey: Double?]], validateOnly: Bool = false
    ) async throws(MartletError) -> [QuotaEntity: Result<Void, MartletError>] {
        guard !changes.isEmpty else { return [:] }
        let activity = "changing client quotas"
        let request = AlterClientQuotasRequest { request in
            request.validateOnly = validateOnly
            request.entries = changes.map { entity, changes in
                AlterClientQuotasRequest.Entry { entry in
                    entry.entity = entity.parts.map { type, name in
                        AlterClientQuotasRequest.EntityPart { part in
                            part.type = type
                            part.name = name
                        }
                    }
                    entry.operations = changes.sorted { $0.key.rawValue < $1.key.rawValue }.map {
                        key, value in
                        AlterClientQuotasRequest.Operation { operation in
                            operation.key = key.rawValue
                            operation.value = value ?? 0
                            operation.removes = value == nil
                        }
                    }
                }
            }
        }
        let response = try await sendToController(request, doing: activity) { $0.entries.first?.errorCode }
        var results: [QuotaEntity: Result<Void, MartletError>] = [:]
        for entry in response.entries {
            guard let entity = QuotaEntity(entry.entity.map { ($0.type, $0.name) }) else { continue }
            results[entity] = Self.outcome(
                entry.errorCode, entry.errorMessage, doing: "changing the quotas of \(entity)")
        }
        return results
    }
}

extension QuotaEntity: CustomStringConvertible {
    public var description: String {
        parts.map { type, name in "\(type) \(name.map { "\"\($0)\"" } ?? "by default")" }
            .joined(separator: ", ")
    }

    fileprivate static let userType = "user"
    fileprivate static let clientIDType = "client-id"
    fileprivate static let ipType = "ip"

    /// As the protocol has it: nil for the default.
    fileprivate var parts: [(type: String, name: String?)] {
        [(Self.userType, user), (Self.clientIDType, clientID), (Self.ipType, ip)].compactMap { type, part in
            switch part {
            case nil: nil
            case .named(let name): (type, name)
            case .default: (type, nil)
            }
        }
    }

    fileprivate init?(_ parts: [(type: String, name: String?)]) {
        self.init()
        for (type, name) in parts {
            let name = name.map { Name.named($0) } ?? .default
            switch type {
            case Self.userType: user = name
            case Self.clientIDType: clientID = name
            case Self.ipType: ip = name
            default: return nil
            }
        }
    }
}

extension QuotaFilter {
    fileprivate var components: [DescribeClientQuotasRequest.Component] {
        let parts = [
            (QuotaEntity.userType, user), (QuotaEntity.clientIDType, clientID), (QuotaEntity.ipType, ip),
        ]
        return parts.compactMap { type, match in
            guard let match else { return nil }
            return DescribeClientQuotasRequest.Component { component in
                component.entityType = type
                switch match {
                case .named(let name):
                    component.matchType = .exact
                    component.match = name
                case .default: component.matchType = .default
                case .any: component.matchType = .any
                }
            }
        }
    }
}
