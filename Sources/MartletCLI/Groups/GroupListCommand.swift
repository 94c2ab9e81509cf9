internal import ArgumentParser
internal import Martlet

/// `martlet group list`.
struct GroupListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the groups of a cluster.",
        usage: "martlet group list [<options>]",
        discussion: """
            Without a terminal the fields are separated by tabs and there is no heading.

            EXAMPLES
              martlet group list
              martlet group list --state empty
              martlet group list --type consumer --type classic --json
            """
    )

    @OptionGroup var client: ClientOptions
    @OptionGroup var form: JSONOption

    @Option(
        help: ArgumentHelp(
            "Only groups of this type: classic, consumer, share, streams; may be repeated.",
            valueName: "type"))
    var type: [String] = []

    @Option(
        help: ArgumentHelp(
            "Only groups in this state: empty, stable, preparing-rebalance, …; may be repeated.",
            valueName: "state"))
    var state: [String] = []

    func run() async throws {
        let types = Set(type.map { GroupType(rawValue: $0) })
        let states = Set(state.map(GroupState.init(spelled:)))
        let groups = try await MartletClient.with(try client.configuration()) { client in
            try await client.admin.listGroups(types: types, states: states)
        }
        try Self.show(groups, json: form.json)
    }

    static func show(_ groups: [ListedGroup], json: Bool) throws {
        var answer = Answer(json: json)
        if answer.isJSON {
            for group in groups {
                answer.buffer.line { json in
                    json.field("group", group.id.rawValue)
                    json.field("type", group.type.rawValue)
                    json.field("state", group.state.rawValue)
                    json.field("protocolType", group.protocolType)
                }
            }
        } else {
            var table = Table([.left("GROUP"), .left("TYPE"), .left("STATE")])
            for group in groups { table.add([group.id.rawValue, "\(group.type)", "\(group.state)"]) }
            if groups.isEmpty, answer.style != .tabs {
                answer.write("There are no such groups; one comes into being with its first consumer.\n")
            } else {
                answer.write(table)
            }
        }
        try answer.finish()
    }
}

extension GroupState {
    /// Takes Kafka's words in any spelling: `PreparingRebalance`, `preparing-rebalance`.
    init(spelled text: String) {
        let plain = text.lowercased().filter { $0 != "-" && $0 != "_" }
        let known: [GroupState] = [
            .empty, .stable, .preparingRebalance, .completingRebalance, .assigning, .reconciling, .dead,
        ]
        self = known.first { $0.rawValue.lowercased() == plain } ?? GroupState(rawValue: text)
    }
}
