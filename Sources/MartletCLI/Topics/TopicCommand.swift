internal import ArgumentParser

/// `martlet topic`.
struct TopicCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "topic",
        abstract: "List, create, describe, change and delete topics.",
        discussion: """
            EXAMPLES
              martlet topic list
              martlet topic create orders --partitions 12 --config retention.ms=604800000
              martlet topic describe orders
              martlet topic alter orders --config compression.type=zstd
              martlet topic add-partitions orders 4
              martlet topic trim orders --before-time -30d --execute
              martlet topic delete orders --yes
            """,
        subcommands: [
            TopicListCommand.self, TopicCreateCommand.self, TopicDescribeCommand.self, TopicAlterCommand.self,
            TopicAddPartitionsCommand.self, TopicTrimCommand.self, TopicDeleteCommand.self,
        ]
    )
}
