internal import ArgumentParser

/// `martlet`: all commands.
struct MartletCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "martlet",
        abstract: "An event broker that speaks the Kafka protocol, and the tools for it.",
        discussion: """
            EXAMPLES
              martlet produce greetings < lines.txt
              martlet consume greetings --from beginning --until-end
              martlet topic create orders --partitions 12
              martlet consume orders --group billing
              martlet group lag billing --watch
              martlet log verify /var/lib/martlet

            ENVIRONMENT
              MARTLET_BOOTSTRAP   brokers to ask first, in place of --bootstrap
              NO_COLOR            set to anything: no colours

            EXIT CODES
              0 success, 1 failure, 2 wrong usage, 3 begun but not completed, 130 and 143 ended by a signal
            """,
        version: BuildVersion.text,
        subcommands: [
            ServeCommand.self,
            ProduceCommand.self,
            ConsumeCommand.self,
            CopyCommand.self,
            TopicCommand.self,
            GroupCommand.self,
            ShareCommand.self,
            TxnCommand.self,
            ConfigCommand.self,
            ClusterCommand.self,
            LogCommand.self,
            BenchCommand.self,
            ErrorCommand.self,
            VersionCommand.self,
        ]
    )
}
