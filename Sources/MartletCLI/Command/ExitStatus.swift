/// What the exit code of the command says. Part of its interface: see docs/cli.md.
enum ExitStatus {
    static let success: Int32 = 0
    /// It did not work.
    static let failure: Int32 = 1
    /// The command line is wrong; nothing was done.
    static let usage: Int32 = 2
    /// Begun and not completed: some records were not acknowledged, or fewer came than were asked for.
    static let incomplete: Int32 = 3
    /// A signal ended it in good order: 128 and its number, as shells have it.
    static func signal(_ number: Int32) -> Int32 { 128 + number }
}

/// Ends a command with a message that says what to do next.
struct CommandFailure: Error, Equatable {
    var message: String
    var code: Int32

    init(_ message: String, code: Int32 = ExitStatus.failure) {
        self.message = message
        self.code = code
    }
}
