internal import ArgumentParser
internal import Martlet

/// `martlet share list`.
struct ShareListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the share groups of a cluster.",
        usage: "martlet share list [<options>]",
        discussion: """
            EXAMPLES
              martlet share list
              martlet share list --json
            """
    )

    @OptionGroup var client: ClientOptions
    @OptionGroup var form: JSONOption

    func run() async throws {
        let groups = try await MartletClient.with(try client.configuration()) { client in
            try await client.admin.listGroups(types: [.share])
        }
        try GroupListCommand.show(groups, json: form.json)
    }
}
