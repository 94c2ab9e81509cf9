/// How the records of a batch are compressed.
public enum Compression: UInt8, Sendable, CaseIterable {
    case none = 0
    case gzip = 1
    case snappy = 2
    case lz4 = 3
    case zstd = 4
}

extension Compression: LosslessStringConvertible {
    /// The name in configurations, such as `zstd`.
    public var description: String {
        switch self {
        case .none: "none"
        case .gzip: "gzip"
        case .snappy: "snappy"
        case .lz4: "lz4"
        case .zstd: "zstd"
        }
    }

    public init?(_ description: String) {
        guard let named = Self.allCases.first(where: { $0.description == description }) else { return nil }
        self = named
    }
}
