internal import ArgumentParser
internal import Martlet

/// What a configuration belongs to, as the command line has it: a kind and a name.
struct ConfigTarget: ParsableArguments {
    enum Kind: String, CaseIterable, ExpressibleByArgument {
        case topic, broker, group
    }

    @Argument(help: "topic, broker or group.")
    var kind: Kind

    @Argument(
        help: "The topic, the group, or the number of the broker (or all, for what holds for all brokers).")
    var name: String

    func validate() throws { _ = try resource }

    var resource: ConfigResource {
        get throws {
            switch kind {
            case .topic: return .topic(try TopicText.parse(name))
            case .group: return .group(try GroupText.parse(name))
            case .broker:
                if name == "all" { return .allBrokers }
                guard let id = Int32(name), id >= 0 else {
                    throw ValidationError("\"\(name)\" is no broker; write its number, or all")
                }
                return .broker(BrokerID(rawValue: id))
            }
        }
    }
}
