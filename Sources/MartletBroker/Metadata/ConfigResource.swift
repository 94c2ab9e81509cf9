internal import MartletCore
internal import MartletWire

/// What settings can belong to.
struct ConfigResource: Hashable, Sendable {
    let type: ConfigResourceType
    /// For brokers the number, or nothing for all of them.
    let name: String

    init(_ type: ConfigResourceType, _ name: String) {
        self.type = type
        self.name = name
    }

    /// What holds for every broker that does not say otherwise.
    static let allBrokers = ConfigResource(.broker, "")

    static func broker(_ id: BrokerID) -> ConfigResource { ConfigResource(.broker, "\(id)") }
}
