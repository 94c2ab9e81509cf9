internal import MartletCore
internal import MartletWire

/// DescribeClientQuotas: the quotas of users, client ids and addresses that a filter lets through (KIP-546).
struct DescribeClientQuotasHandler: ControlHandler {
    let controller: Controller

    func handle(
        _ request: DescribeClientQuotasRequest, from client: Client
    ) async -> DescribeClientQuotasResponse {
        var response = DescribeClientQuotasResponse()
        do throws(RequestError) {
            let filter = try QuotaFilter(request)
            let quotas = await controller.image.quotas.filter { filter.matches($0.key) }
            response.entries = quotas.map { .init($0.key, $0.value) }
        } catch {
            response.errorCode = error.code
            response.errorMessage = error.message
        }
        return response
    }
}

extension DescribeClientQuotasResponse.Entry {
    fileprivate init(_ entity: QuotaEntity, _ quotas: [String: Double]) {
        self.init()
        self.entity = entity.sortedParts.map { kind, part in
            DescribeClientQuotasResponse.EntityPart {
                $0.type = kind.rawValue
                $0.name = part.name
            }
        }
        values = quotas.sorted { $0.key < $1.key }.map { key, value in
            DescribeClientQuotasResponse.Value {
                $0.key = key
                $0.value = value
            }
        }
    }
}

/// Which entities a request asks for.
private struct QuotaFilter {
    private enum Wanted {
        case exactly(QuotaEntity.Part)
        /// Whatever the name is, also the default.
        case any
    }

    private var wanted: [QuotaEntity.Kind: Wanted] = [:]
    private let isStrict: Bool

    init(_ request: DescribeClientQuotasRequest) throws(RequestError) {
        isStrict = request.isStrict
        for component in request.components {
            guard let kind = QuotaEntity.Kind(rawValue: component.entityType) else {
                throw component.entityType.isEmpty
                    ? RequestError(.invalidRequest, "A filter names what it is for.")
                    : RequestError(
                        .unsupportedVersion, "There are no quotas for \(component.entityType.prefix(100)).")
            }
            guard wanted[kind] == nil else {
                throw RequestError(.invalidRequest, "The filter names \(kind.rawValue) more than once.")
            }
            wanted[kind] = try Self.wanted(component)
        }
        if wanted[.ip] != nil, wanted.count > 1 {
            throw RequestError(.invalidRequest, "Quotas of addresses stand for themselves: ask for ip alone.")
        }
    }

    private static func wanted(
        _ component: DescribeClientQuotasRequest.Component
    ) throws(RequestError) -> Wanted {
        switch (component.matchType, component.match) {
        case (.exact, let name?): return .exactly(.name(name))
        case (.default, nil): return .exactly(.default)
        case (.any, nil): return .any
        case (.exact, _), (.default, _), (.any, _):
            throw RequestError(
                .invalidRequest, "An exact match needs a name, and the others must not have one.")
        default:
            throw RequestError(
                .invalidRequest, "There is no type of match \(component.matchType.rawValue).")
        }
    }

    func matches(_ entity: QuotaEntity) -> Bool {
        if isStrict, entity.parts.count != wanted.count { return false }
        return wanted.allSatisfy { kind, wanted in
            guard let part = entity.parts[kind] else { return false }
            return switch wanted {
            case .any: true
            case .exactly(let exact): part == exact
            }
        }
    }
}
