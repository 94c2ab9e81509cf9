import CClientLoad
import Martlet

/// Drives Martlet's client as a program of its own, so that what it costs can be told from anything else.
@main
struct ClientLoad {
    static func main() async throws {
        let arguments = CommandLine.arguments
        guard arguments.count >= 2, let mode = Mode(rawValue: arguments[1]) else {
            throw Misuse(
                "usage: martlet-client-load produce|consume --address HOST:PORT [--option value …]")
        }
        // The strings that C parses last as long as the process.
        let work = client_work_parse(CommandLine.argc - 2, CommandLine.unsafeArgv + 2)
        let address = String(cString: work.address)
        let client = try MartletClient(ClientConfiguration(bootstrap: address))
        switch mode {
        case .produce: try await ProduceMode(work).run(client)
        case .consume: try await ConsumeMode(work).run(client)
        }
        client.close()
    }

    private enum Mode: String {
        case produce
        case consume
    }
}

/// What the program was asked for and cannot do.
struct Misuse: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
