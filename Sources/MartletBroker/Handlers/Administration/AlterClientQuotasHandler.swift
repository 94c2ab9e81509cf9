internal import MartletCore
internal import MartletWire

/// AlterClientQuotas: sets and removes quotas of users, client ids and addresses (KIP-546). They are kept;
/// what they limit is not limited yet.
struct AlterClientQuotasHandler: ControlHandler {
    let controller: Controller

    func handle(_ request: AlterClientQuotasRequest, from client: Client) async -> AlterClientQuotasResponse {
        var response = AlterClientQuotasResponse()
        let entities = Repetitions(request.entries.compactMap { try? QuotaEntity(checking: $0.entity) })
        for entry in request.entries {
            var answer = AlterClientQuotasResponse.Entry()
            answer.entity = entry.entity.map { part in
                AlterClientQuotasResponse.EntityPart {
                    $0.type = part.type
                    $0.name = part.name
                }
            }
            do throws(RequestError) {
                let entity = try QuotaEntity(checking: entry.entity)
                try entities.check(entity, "an entity")
                try await controller.changeQuotas(
                    of: entity, try changes(entry.operations, of: entity), isDryRun: request.validateOnly)
            } catch {
                answer.errorCode = error.code
                answer.errorMessage = error.message
            }
            response.entries.append(answer)
        }
        return response
    }

    private func changes(
        _ operations: [AlterClientQuotasRequest.Operation], of entity: QuotaEntity
    ) throws(RequestError) -> [String: Double?] {
        let keys = Repetitions(operations.map(\.key))
        var changes: [String: Double?] = [:]
        for operation in operations {
            guard let kind = entity.kinds[operation.key] else {
                throw RequestError(
                    .invalidRequest, "There is no such quota here: \(operation.key.prefix(100)).")
            }
            try keys.check(operation.key, operation.key)
            if operation.removes {
                changes.updateValue(nil, forKey: operation.key)
                continue
            }
            let value = operation.value
            guard value.isFinite, value >= 0 else {
                throw RequestError(.invalidRequest, "\(operation.key) takes a number of at least 0.")
            }
            guard kind == .number || value == value.rounded() && value < 0x1p63 else {
                throw RequestError(.invalidRequest, "\(operation.key) takes a whole number.")
            }
            changes[operation.key] = value
        }
        return changes
    }
}

extension QuotaEntity {
    fileprivate enum ValueKind {
        case wholeNumber, number
    }

    /// The quotas that such an entity can have.
    fileprivate var kinds: [String: ValueKind] {
        parts[.ip] == nil
            ? [
                "producer_byte_rate": .wholeNumber, "consumer_byte_rate": .wholeNumber,
                "request_percentage": .number, "controller_mutation_rate": .number,
            ] : ["connection_creation_rate": .wholeNumber]
    }

    fileprivate init(checking parts: [AlterClientQuotasRequest.EntityPart]) throws(RequestError) {
        self.init()
        for part in parts {
            guard let kind = Kind(rawValue: part.type), self.parts[kind] == nil else {
                throw RequestError(
                    .invalidRequest, "An entity has user, client-id or ip, each at most once.")
            }
            if let name = part.name {
                guard !name.isEmpty, name.utf8.count <= SettingRules.maximumNameByteCount else {
                    throw RequestError(
                        .invalidRequest, "A name has 1 to \(SettingRules.maximumNameByteCount) bytes.")
                }
                guard kind != .ip || Self.isAddress(name) else {
                    throw RequestError(.invalidRequest, "\"\(name)\" is not an address.")
                }
            }
            self.parts[kind] = Part(part.name)
        }
        guard !self.parts.isEmpty, self.parts[.ip] == nil || self.parts.count == 1 else {
            throw RequestError(
                .invalidRequest, "A quota is for a user, a client id, both together, or an address.")
        }
    }
}
