internal import ArgumentParser

/// `martlet log`.
struct LogCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "log",
        abstract: "Look at logs on disk, without a broker.",
        discussion: """
            Reads the files of Martlet and of Apache Kafka. Only repair --yes changes them. While a \
            broker writes to them, the last batch may look cut off.

            EXAMPLES
              martlet log dump /var/lib/martlet/orders-0/00000000000000000000.log
              martlet log verify /var/lib/martlet
              martlet log repair /var/lib/martlet
            """,
        subcommands: [LogDumpCommand.self, LogVerifyCommand.self, LogRepairCommand.self]
    )
}

/// Where `martlet log` looks.
struct LogPathArgument: ParsableArguments {
    @Argument(help: "A .log file, a partition's directory or a data directory.", completion: .file())
    var path: String
}
