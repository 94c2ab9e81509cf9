internal import ArgumentParser

/// `martlet share`.
struct ShareCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "share",
        abstract: "List, describe, reset and delete share groups: queues on topics.",
        discussion: """
            EXAMPLES
              martlet share list
              martlet share describe workers
              martlet share offsets workers
              martlet share reset workers --to-earliest --topic jobs --execute
              martlet share delete workers
            """,
        subcommands: [
            ShareListCommand.self, ShareDescribeCommand.self, ShareOffsetsCommand.self,
            ShareResetCommand.self, ShareDeleteCommand.self,
        ]
    )
}
