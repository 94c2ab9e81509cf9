internal import ArgumentParser
internal import Martlet
internal import MartletLog

/// `martlet log verify`.
struct LogVerifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Check the checksums, offsets and indexes of logs.",
        discussion: """
            Prints one line for each problem and ends with exit code 1 if there is any. What is only noted \
            does no harm: the next start of a broker puts it right. A broker serves what is intact of a \
            damaged log; martlet log repair says what it would take to be rid of the damage.

            EXAMPLES
              martlet log verify /var/lib/martlet
              martlet log verify --records --json /var/lib/martlet/orders-0
            """
    )

    @OptionGroup var argument: LogPathArgument
    @OptionGroup var form: JSONOption

    @Flag(help: "Also decompress batches and read every record.")
    var records = false

    @Flag(name: .shortAndLong, help: "Print problems only.")
    var quiet = false

    func run() throws {
        let inventory = try LogInventory(argument.path)
        let (isJSON, isQuiet) = (form.json, quiet)
        var verification = LogVerification(inventory.fileSystem, readsRecords: records) { finding in
            guard !isQuiet || finding.severity == .problem else { return }
            // At once: what was found should be seen even if the rest takes an hour.
            var output = BufferedOutput.standard()
            if isJSON {
                output.buffer.line { json in finding.write(to: &json) }
            } else {
                output.buffer.append(finding.line)
            }
            try output.flush()
        }
        for partition in inventory.partitions { try verification.verify(partition) }
        try summarize(verification.totals)
        if verification.totals.problems > 0 { throw ExitCode(ExitStatus.failure) }
    }

    private func summarize(_ totals: LogVerification.Totals) throws {
        var output = BufferedOutput.standard()
        if form.json {
            output.buffer.line { json in
                json.field("partitions", totals.partitions)
                json.field("segments", totals.segments)
                json.field("batches", totals.batches)
                json.field("records", totals.records)
                json.field("bytes", totals.bytes)
                json.field("problems", totals.problems)
            }
        } else if !quiet {
            output.buffer.append(
                "partitions: \(totals.partitions), segments: \(totals.segments), batches: \(totals.batches), "
                    + "records: \(totals.records), size: \(ByteCountText.describe(totals.bytes)), "
                    + "problems: \(totals.problems)\n")
            if totals.problems > 0 {
                output.buffer.append("What repair would cost: martlet log repair \(argument.path)\n")
            }
        }
        try output.flush()
    }
}
