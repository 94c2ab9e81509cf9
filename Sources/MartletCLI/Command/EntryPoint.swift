internal import ArgumentParser
internal import Martlet

#if canImport(Darwin)
    internal import Darwin
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Glibc
#endif

/// Parses the command line, runs the command, and turns whatever it threw into a message and an exit code.
@main
enum EntryPoint {
    static func main() async {
        // A reader that has seen enough must end us by an error from write, which we can tell from others.
        signal(SIGPIPE, SIG_IGN)
        do {
            var command = try MartletCommand.parseAsRoot()
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch {
            let ending = Ending(of: error)
            let stream = ending.isClean ? STDOUT_FILENO : STDERR_FILENO
            if !ending.text.isEmpty { try? Descriptor.write(ending.text + "\n", to: stream) }
            exit(ending.code)
        }
        exit(ExitStatus.success)
    }
}

/// How the process ends after an error.
struct Ending: Equatable {
    var text: String
    var code: Int32
    /// Asked for, as help is, so that the text belongs on standard output.
    var isClean = false

    init(of error: any Error) {
        switch error {
        case let error as CommandFailure:
            self.init(text: "martlet: \(error.message)", code: error.code)
        case let error as MartletError:
            self.init(text: "martlet: \(ErrorAdvice.explained(error))", code: ExitStatus.failure)
        case StreamError.readerIsGone:
            self.init(text: "", code: ExitStatus.success)
        case let error as StreamError:
            self.init(text: "martlet: \(error)", code: ExitStatus.failure)
        case let code as ExitCode:
            self.init(text: "", code: code.rawValue)
        default:
            let code = MartletCommand.exitCode(for: error)
            self.init(
                text: MartletCommand.fullMessage(for: error),
                code: code == .validationFailure ? ExitStatus.usage : code.rawValue, isClean: code.isSuccess)
        }
    }

    private init(text: String, code: Int32, isClean: Bool = false) {
        self.text = text
        self.code = code
        self.isClean = isClean
    }
}
