import ArgumentParser
import Martlet
import Testing

@testable import MartletCLI

@Suite("The command line")
struct CommandLineTests {
    @Test(
        "wrong use ends with code 2 and says what was expected",
        arguments: [
            (["consume"], "<topic>"), (["consume", "t", "--from", "soon"], "beginning, end, an offset"),
            (["consume", "t", "--format", "%x"], "%s value"),
            (["consume", "t", "--json", "--format", "%s"], "exclude"),
            (["consume", "t", "--count", "0"], "at least 1"),
            (["consume", "t", "--until-end", "--until", "5"], "exclude"),
            (["produce", "t", "--compression", "zip"], "lz4"), (["produce", "t", "--acks", "2"], "all"),
            (["produce", "no such"], "a-z A-Z 0-9"), (["produce", "t", "--header", "x"], "NAME=VALUE"),
            (["produce", "t", "--json", "--key-separator", ":"], "exclude"),
            (["produce", "t", "--linger", "5"], "500ms"),
            (["produce", "t", "--linger", "3m"], "longer than --linger"),
            (["bench", "produce", "--batch-size", "4000000000G"], "up to 1G"),
            (["bench", "latency", "--buffer-bytes", "1K"], "one batch"),
            (["produce", "t", "--bootstrap", "host:port"], "host:port"),
            (["topic", "list", "--tls-cert", "x"], "--tls-key go together"),
            (["topic", "list", "--user", "x"], "MARTLET_PASSWORD"),
            (["topic", "list", "--sasl", "plain"], "--user"),
            (["topic", "list", "--user", "x", "--password-file", "x", "--sasl", "md5"], "scram-sha-512"),
            (["topic", "alter", "t"], "--config KEY=VALUE"),
            (["topic", "create", "t", "--partitions", "0"], "at least 1"),
            (["error", "nonsense"], "martlet error"),
            (["error", "not_leader"], "NOT_LEADER_OR_FOLLOWER"), (["frobnicate"], "frobnicate"),
        ])
    func usage(arguments: [String], expectation: String) {
        #expect {
            var command = try MartletCommand.parseAsRoot(arguments)
            try command.run()
        } throws: { error in
            let ending = Ending(of: error)
            return ending.code == 2 && ending.text.contains(expectation) && !ending.isClean
        }
    }

    @Test(
        "help and version are no errors",
        arguments: [["--help"], ["--version"], ["consume", "--help"], ["topic", "create", "-h"]])
    func help(arguments: [String]) {
        #expect {
            var command = try MartletCommand.parseAsRoot(arguments)
            try command.run()
        } throws: { error in
            let ending = Ending(of: error)
            return ending.code == 0 && ending.isClean && !ending.text.isEmpty
        }
    }

    @Test("the help of every command has examples, and lines that fit a terminal")
    func examples() {
        func check(_ command: any ParsableCommand.Type) {
            #expect(command.configuration.discussion.contains("martlet "), "\(command)")
            #expect(!command.configuration.abstract.isEmpty, "\(command)")
            for line in command.helpMessage(columns: 100).split(separator: "\n")
            where !line.hasPrefix("USAGE") {
                #expect(line.count <= 110, "\(command): \(line)")
            }
            for subcommand in command.configuration.subcommands { check(subcommand) }
        }
        check(MartletCommand.self)
    }

    @Test("a negative position is a value and no flag")
    func negativePosition() throws {
        let command = try #require(
            try MartletCommand.parseAsRoot(["consume", "t", "--from", "-5"]) as? ConsumeCommand)
        #expect(command.from == .last(5))
    }

    @Test("errors of all kinds end with their code and a line that begins with martlet:")
    func endings() {
        #expect(Ending(of: CommandFailure("broken", code: 3)).text == "martlet: broken")
        #expect(Ending(of: CommandFailure("broken", code: 3)).code == 3)
        #expect(Ending(of: MartletError(.timedOut, "too late")).code == 1)
        let damaged = MartletError(.broker(.corruptMessage), "reading t-0")
        #expect(Ending(of: damaged).text.contains("martlet log repair"), "what to do is told at once")
        #expect(Ending(of: ExitCode(130)).code == 130 && Ending(of: ExitCode(130)).text.isEmpty)
        #expect(Ending(of: StreamError.readerIsGone).code == 0)
        let missing = Ending(of: StreamError.failed(operation: "open", name: "x", errno: 2))
        #expect(missing.text == "martlet: cannot open x: No such file or directory" && missing.code == 1)
    }

    @Test("an error code is found by number and by name in any spelling")
    func errorCodes() throws {
        #expect(try ErrorCommand.find("6") == .notLeaderOrFollower)
        #expect(try ErrorCommand.find("-1") == .unknownServerError)
        #expect(try ErrorCommand.find("not-leader-or-follower") == .notLeaderOrFollower)
    }
}
