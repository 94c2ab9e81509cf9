internal import ArgumentParser

/// `martlet version`.
struct VersionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "version",
        abstract: "Show which Martlet this is.",
        discussion: """
            EXAMPLES
              martlet version
              martlet version --json
            """
    )

    @Flag(help: "Print JSON.")
    var json = false

    func run() throws {
        var output = BufferedOutput.standard()
        if json {
            output.buffer.line { json in
                json.field("version", BuildVersion.number)
                json.field("compiler", BuildVersion.compiler)
                json.field("platform", BuildVersion.platform)
            }
        } else {
            output.buffer.append(
                "\(BuildVersion.text) (\(BuildVersion.compiler), \(BuildVersion.platform))\n")
        }
        try output.flush()
    }
}
