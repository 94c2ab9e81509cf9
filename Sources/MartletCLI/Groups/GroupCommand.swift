internal import ArgumentParser

/// `martlet group`.
struct GroupCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "group",
        abstract: "List, describe, watch, reset and delete consumer groups.",
        discussion: """
            EXAMPLES
              martlet group list
              martlet group lag billing --watch
              martlet group members billing
              martlet group reset billing --to-time -2h
              martlet group reset billing --to-time -2h --execute --export before.json
              martlet group reset billing --from-file before.json --execute
              martlet group delete billing
            """,
        subcommands: [
            GroupListCommand.self, GroupDescribeCommand.self, GroupMembersCommand.self,
            GroupLagCommand.self, GroupResetCommand.self, GroupDeleteCommand.self,
        ]
    )
}
