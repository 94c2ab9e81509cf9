/// Whom a quota is for: a user, a client id, both together, or an address.
struct QuotaEntity: Hashable, Sendable {
    /// A name, or whoever has no rule of their own.
    enum Part: Hashable, Sendable {
        case name(String)
        case `default`

        init(_ name: String?) {
            self = name.map { .name($0) } ?? .default
        }

        var name: String? {
            switch self {
            case .name(let name): name
            case .default: nil
            }
        }
    }

    /// What a part names, in the protocol's words.
    enum Kind: String, CaseIterable, Sendable {
        case user
        case clientID = "client-id"
        case ip
    }

    var parts: [Kind: Part] = [:]

    /// The parts in a fixed order.
    var sortedParts: [(kind: Kind, part: Part)] {
        Kind.allCases.compactMap { kind in parts[kind].map { (kind, $0) } }
    }
}
