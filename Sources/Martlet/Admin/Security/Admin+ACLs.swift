internal import MartletCore
internal import MartletWire

/// Rules of access (KIP-11, KIP-290).
extension Admin {
    /// The rules of access that a filter lets through; by default all.
    ///
    /// Rules with a resource, operation or permission that this library has no name for are left out.
    ///
    /// - Throws: `broker(.securityDisabled)` if the cluster has no authorizer.
    public func describeACLs(_ filter: ACLFilter = ACLFilter()) async throws(MartletError) -> [ACL] {
        let activity = "describing ACLs"
        let request = DescribeACLsRequest { request in
            let wire = filter.wire
            request.resourceType = wire.resourceType
            request.resourceName = wire.resourceName
            request.patternType = wire.patternType
            request.principal = wire.principal
            request.host = wire.host
            request.operation = wire.operation
            request.permission = wire.permission
        }
        let response = try await client.send(request, doing: activity)
        try Self.outcome(response.errorCode, response.errorMessage, doing: activity).get()
        return response.resources.flatMap { resource in
            resource.rules.compactMap { rule in
                ACL(
                    resource.type, resource.name, resource.patternType, rule.principal, rule.host,
                    rule.operation, rule.permission)
            }
        }
    }

    /// Adds rules of access. A rule that exists already stays as it is.
    public func createACLs(_ rules: [ACL]) async throws(MartletError) -> [ACL: Result<Void, MartletError>] {
        guard !rules.isEmpty else { return [:] }
        let activity = "creating ACLs"
        let request = CreateACLsRequest { request in
            request.rules = rules.map { rule in
                CreateACLsRequest.Rule { wire in
                    wire.resourceType = MartletWire.ACLResourceType(rawValue: rule.pattern.type.rawValue)
                    wire.resourceName = rule.pattern.name
                    wire.patternType = rule.pattern.isPrefix ? .prefixed : .literal
                    wire.principal = rule.principal
                    wire.host = rule.host
                    wire.operation = MartletWire.ACLOperation(rawValue: rule.operation.rawValue)
                    wire.permission = MartletWire.ACLPermission(rawValue: rule.permission.rawValue)
                }
            }
        }
        let response = try await sendToController(request, doing: activity) { $0.results.first?.errorCode }
        guard response.results.count == rules.count else { throw .leavesOut(activity) }
        var results: [ACL: Result<Void, MartletError>] = [:]
        for (rule, answer) in zip(rules, response.results) {
            results[rule] = Self.outcome(
                answer.errorCode, answer.errorMessage, doing: "creating an ACL for \(rule.pattern)")
        }
        return results
    }

    /// Deletes all rules of access that a filter lets through.
    ///
    /// - Returns: What was deleted.
    /// - Throws: Also if one of the rules could not be deleted; others may then be gone.
    @discardableResult
    public func deleteACLs(_ filter: ACLFilter) async throws(MartletError) -> [ACL] {
        try Self.only(filter, in: await deleteACLs([filter]), doing: "deleting ACLs")
    }

    /// Deletes all rules of access that any of the filters lets through.
    ///
    /// - Returns: For each filter what was deleted.
    public func deleteACLs(
        _ filters: [ACLFilter]
    ) async throws(MartletError) -> [ACLFilter: Result<[ACL], MartletError>] {
        guard !filters.isEmpty else { return [:] }
        let activity = "deleting ACLs"
        let request = DeleteACLsRequest { $0.filters = filters.map(\.wire) }
        let response = try await sendToController(request, doing: activity) { $0.results.first?.errorCode }
        guard response.results.count == filters.count else { throw .leavesOut(activity) }
        var results: [ACLFilter: Result<[ACL], MartletError>] = [:]
        for (filter, answer) in zip(filters, response.results) {
            let failed = answer.rules.first { $0.errorCode != .none }
            let outcome =
                answer.errorCode == .none
                ? Self.outcome(failed?.errorCode ?? .none, failed?.errorMessage, doing: activity)
                : Self.outcome(answer.errorCode, answer.errorMessage, doing: activity)
            results[filter] = outcome.map {
                answer.rules.compactMap { rule in
                    ACL(
                        rule.resourceType, rule.resourceName, rule.patternType, rule.principal, rule.host,
                        rule.operation, rule.permission)
                }
            }
        }
        return results
    }
}

extension ACL {
    /// - Returns: Nil for what a newer broker knows and we do not.
    fileprivate init?(
        _ type: MartletWire.ACLResourceType, _ name: String, _ patternType: ACLPatternType,
        _ principal: String, _ host: String, _ operation: MartletWire.ACLOperation,
        _ permission: MartletWire.ACLPermission
    ) {
        guard let type = ACLResourceType(rawValue: type.rawValue),
            let operation = ACLOperation(rawValue: operation.rawValue),
            let permission = ACLPermission(rawValue: permission.rawValue),
            patternType == .literal || patternType == .prefixed
        else { return nil }
        self.init(
            permission, principal, operation,
            on: ACLPattern(type, name, isPrefix: patternType == .prefixed), from: host)
    }
}

extension ACLFilter {
    fileprivate var wire: DeleteACLsRequest.Filter {
        DeleteACLsRequest.Filter { wire in
            wire.resourceType = type.map { MartletWire.ACLResourceType(rawValue: $0.rawValue) } ?? .any
            wire.resourceName = name
            wire.patternType =
                switch match {
                case .exact: .any
                case .literal: .literal
                case .prefixed: .prefixed
                case .covering: .match
                }
            wire.principal = principal
            wire.host = host
            wire.operation = operation.map { MartletWire.ACLOperation(rawValue: $0.rawValue) } ?? .any
            wire.permission = permission.map { MartletWire.ACLPermission(rawValue: $0.rawValue) } ?? .any
        }
    }
}
