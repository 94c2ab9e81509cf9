internal import ArgumentParser
internal import Martlet

/// `martlet group reset`.
struct GroupResetCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reset",
        abstract: "Set where a group without members goes on.",
        usage: "martlet group reset <group> [<options>]",
        discussion: """
            Shows the plan: what is stored, what would be, and the difference. Only --execute does it. A \
            group with members is left alone, since they would overwrite it.

            EXAMPLES
              martlet group reset billing --to-earliest
              martlet group reset billing --to-time 2025-11-21T08:00Z --topic orders --execute
              martlet group reset billing --shift-by -100 --topic orders:3,5-7 --execute
              martlet group reset billing --to-latest --execute --export before.json
              martlet group reset billing --from-file before.json --execute
              martlet group reset billing-2 --from-group billing --execute
            """
    )

    @Argument(help: "The group.", transform: GroupText.parse)
    var group: GroupID

    @OptionGroup(title: "Where to") var reset: ResetOptions
    @OptionGroup var client: ClientOptions
    @OptionGroup var form: JSONOption

    func run() async throws {
        try await MartletClient.with(try client.configuration()) { client in
            let admin = client.admin
            let store = ResetJob.Store(
                noun: "group",
                offsets: { try await admin.groupOffsets(of: $0).mapValues(\.offset) },
                set: { offsets in
                    try await admin.alterGroupOffsets(of: group, offsets.mapValues { GroupOffset($0) })
                },
                forget: { try await admin.deleteGroupOffsets(of: group, $0) })
            try await ResetJob(group: group, options: reset, admin: admin, store: store)
                .run(json: form.json, isQuiet: self.client.quiet)
        }
    }
}
