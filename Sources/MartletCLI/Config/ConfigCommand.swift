internal import ArgumentParser

/// `martlet config`.
struct ConfigCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config",
        abstract: "Show and change settings of topics, brokers and groups.",
        discussion: """
            EXAMPLES
              martlet config get topic orders
              martlet config get broker 1 --all --verbose
              martlet config set topic orders retention.ms=86400000 cleanup.policy+=compact
              martlet config set group billing consumer.session.timeout.ms=60000
              martlet config set broker all log.retention.ms=604800000
              martlet config unset topic orders retention.ms
            """,
        subcommands: [ConfigGetCommand.self, ConfigSetCommand.self, ConfigUnsetCommand.self]
    )
}
