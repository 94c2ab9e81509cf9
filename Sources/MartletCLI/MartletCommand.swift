internal import ArgumentParser
/// `martlet`: one binary, one grammar.
@main struct MartletCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "martlet", subcommands: [ServeCommand.self])
}
