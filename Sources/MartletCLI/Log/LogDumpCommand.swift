internal import ArgumentParser
internal import Martlet
internal import MartletLog

/// `martlet log dump`.
struct LogDumpCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dump",
        abstract: "Print the batches or the records of logs.",
        discussion: """
            With --records --json each record is one line that martlet produce --json reads: the way to \
            save what is left of a damaged log.

            EXAMPLES
              martlet log dump /var/lib/martlet/orders-0
              martlet log dump --records /var/lib/martlet/orders-0/00000000000000000000.log
              martlet log dump --records --from-offset 1000 --to-offset 1010 data/orders-0
              martlet log dump --records --json data/orders-0 | martlet produce orders-saved --json
            """
    )

    @OptionGroup var argument: LogPathArgument
    @OptionGroup var form: JSONOption

    @Flag(help: "Print the records of each batch, too; with --json, the records alone.")
    var records = false

    @Option(help: "Leave out what stands before this offset.")
    var fromOffset: Int64 = 0

    @Option(help: "Leave out what stands behind this offset.")
    var toOffset: Int64 = .max - 1

    func validate() throws {
        guard fromOffset >= 0, toOffset >= fromOffset, toOffset < .max else {
            throw ValidationError("--to-offset must not be below --from-offset, nor either below 0")
        }
    }

    func run() throws {
        let inventory = try LogInventory(argument.path)
        let offsets = Offset(rawValue: fromOffset)..<Offset(rawValue: toOffset + 1)
        var dump = LogDump(
            inventory.fileSystem, showsRecords: records, isJSON: form.json, offsets: offsets)
        for partition in inventory.partitions { try dump.write(partition) }
        try dump.finish()
        if dump.damageCount > 0 { throw ExitCode(ExitStatus.failure) }
    }
}
