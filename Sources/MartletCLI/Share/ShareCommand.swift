internal import ArgumentParser

/// `martlet share`.
struct ShareCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "share",
        abstract: "Take records from share groups, which are queues on topics, and look after these.",
        discussion: """
            EXAMPLES
              martlet share consume jobs --group workers --count 10
              martlet share list
              martlet share describe workers
              martlet share offsets workers
              martlet share reset workers --to-earliest --topic jobs --execute
              martlet share delete workers
            """,
        subcommands: [
            ShareConsumeCommand.self, ShareListCommand.self, ShareDescribeCommand.self,
            ShareOffsetsCommand.self,
            ShareResetCommand.self, ShareDeleteCommand.self,
        ]
    )
}
