internal import ArgumentParser
internal import Martlet

/// `--group-protocol`, in the words of Kafka's configuration.
enum GroupProtocolName: String, CaseIterable, ExpressibleByArgument {
    case consumer, classic

    var groupProtocol: GroupProtocol {
        switch self {
        case .consumer: .consumer
        case .classic: .classic
        }
    }
}

/// How `martlet consume` is a member of a group.
struct GroupOptions: ParsableArguments {
    @Option(
        name: .shortAndLong,
        help: ArgumentHelp(
            "Read as a member of this group: members share the partitions, and the group goes on where it left off.",
            valueName: "group"),
        transform: GroupText.parse)
    var group: GroupID?

    @Option(help: "Who divides the partitions: the broker (consumer) or a member (classic).")
    var groupProtocol: GroupProtocolName = .consumer

    @Option(
        help: ArgumentHelp(
            "Name of a static member, which keeps its partitions across a restart.", valueName: "name"))
    var groupInstance: String?

    @Option(
        help: ArgumentHelp(
            "How often to store how far it has got, besides in the end. (default: 5s)",
            valueName: "duration"),
        transform: DurationText.parse)
    var commitInterval: Duration = .seconds(5)

    func validate() throws {
        guard commitInterval > .zero else {
            throw ValidationError("--commit-interval takes a duration longer than 0")
        }
        guard group != nil || groupInstance == nil else {
            throw ValidationError("--group-instance needs --group")
        }
    }

    /// Nil without a group.
    func configuration(_ subscription: Subscription, start: StartPosition) -> GroupConsumerConfiguration? {
        guard let group else { return nil }
        var configuration = GroupConsumerConfiguration(group: group, subscription: subscription)
        configuration.groupProtocol = groupProtocol.groupProtocol
        configuration.instance = groupInstance.map { InstanceID($0) }
        configuration.autoCommitInterval = commitInterval
        configuration.start = start
        return configuration
    }
}
