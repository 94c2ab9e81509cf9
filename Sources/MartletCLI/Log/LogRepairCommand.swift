internal import ArgumentParser
internal import Martlet
internal import MartletLog

/// `martlet log repair`.
struct LogRepairCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "repair",
        abstract: "Cut damage out of logs, or say what that would lose.",
        discussion: """
            Without --yes nothing is changed: the command says what it would do, and ends with exit code 1 \
            if there is anything. With --yes it cuts out what is damaged and makes indexes anew. Offsets \
            stay as they are; those of lost records are a gap. What is cut out is saved beside the segment.

            Needs no broker, and refuses while one uses the directory. A broker serves what is intact of a \
            damaged log without repair; repair lets compaction and compression at rest go on, and ends \
            the errors of consumers at the damage. First try to get the files back from a backup.

            EXAMPLES
              martlet log repair /var/lib/martlet
              martlet log repair --yes /var/lib/martlet/orders-0
            """
    )

    @OptionGroup var argument: LogPathArgument
    @OptionGroup var form: JSONOption

    @Flag(help: "Do it.")
    var yes = false

    func run() throws {
        let inventory = try LogInventory(argument.path)
        var job = try LogRepairJob(argument.path, inventory, isConfirmed: yes, isJSON: form.json)
        try job.run()
        if !yes, job.totals.segments > 0 { throw ExitCode(ExitStatus.failure) }
    }
}
