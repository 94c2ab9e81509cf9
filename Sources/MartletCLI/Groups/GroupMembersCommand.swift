internal import ArgumentParser
internal import Martlet

/// `martlet group members`.
struct GroupMembersCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "members",
        abstract: "Show who is in a group and reads what.",
        usage: "martlet group members <group> [<options>]",
        discussion: """
            EXAMPLES
              martlet group members billing
              martlet group members billing --json
            """
    )

    @Argument(help: "The group.", transform: GroupText.parse)
    var group: GroupID

    @OptionGroup var client: ClientOptions
    @OptionGroup var form: JSONOption

    func run() async throws {
        let description = try await MartletClient.with(try client.configuration()) { client in
            try await client.admin.describeGroup(group)
        }
        try Self.show(description, json: form.json)
    }

    static func show(_ description: GroupDescription, json: Bool) throws {
        var answer = Answer(json: json)
        if answer.isJSON {
            for member in description.members {
                answer.buffer.line { json in
                    json.field("group", description.id.rawValue)
                    GroupLagReport.write(member, to: &json)
                }
            }
        } else if description.members.isEmpty, answer.style != .tabs {
            answer.write("Group \(description.id) has no members at the moment.\n")
        } else {
            answer.write(Self.table(description.members))
        }
        try answer.finish()
    }

    static func table(_ members: [GroupMember]) -> Table {
        var table = Table([
            .left("CLIENT"), .left("HOST"), .left("INSTANCE"), .right("EPOCH"), .right("PARTITIONS"),
            .left("ASSIGNMENT"), .left("MEMBER"),
        ])
        for member in members {
            let assignment = PartitionSelection.text(member.assignment)
            table.add([
                member.clientID, member.clientHost, member.instance?.rawValue ?? "-",
                member.epoch?.description ?? "-", "\(member.assignment.count)",
                assignment.isEmpty ? "-" : assignment, member.id.rawValue,
            ])
        }
        return table
    }
}
