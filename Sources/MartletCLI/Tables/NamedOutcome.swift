internal import Martlet

#if canImport(Darwin)
    internal import Darwin
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Glibc
#endif

/// Tells what became of each of several topics or groups, and whether that adds up to success.
struct NamedOutcome: ~Copyable {
    private var answer: Answer
    private let isQuiet: Bool
    /// What stands before the name in JSON: `topic`, `group`.
    private let kind: StaticString
    private var succeeded = 0
    private var failures: [MartletError] = []

    init(of kind: StaticString, json: Bool, isQuiet: Bool) {
        self.kind = kind
        answer = Answer(json: json)
        self.isQuiet = isQuiet
    }

    mutating func succeed(
        _ name: some StringIdentifier, _ sentence: String, _ fields: (inout OutputBuffer) -> Void = { _ in }
    ) {
        succeeded += 1
        if answer.isJSON {
            answer.buffer.line { json in
                json.field(kind, name.rawValue)
                fields(&json)
            }
        } else if !isQuiet {
            answer.write(sentence + "\n")
        }
    }

    mutating func fail(_ name: some StringIdentifier, _ error: MartletError) {
        failures.append(error)
        guard answer.isJSON else { return }
        answer.buffer.line { json in
            json.field(kind, name.rawValue)
            json.field("error", error.message)
            json.field("code", error.code.description)
        }
    }

    /// - Throws: If anything failed, with the last message; the others are on standard error already.
    mutating func finish() throws {
        try answer.finish()
        guard let last = failures.popLast() else { return }
        for error in failures {
            try Descriptor.write("martlet: \(ErrorAdvice.explained(error))\n", to: STDERR_FILENO)
        }
        throw CommandFailure(
            ErrorAdvice.explained(last), code: succeeded > 0 ? ExitStatus.incomplete : ExitStatus.failure)
    }
}
