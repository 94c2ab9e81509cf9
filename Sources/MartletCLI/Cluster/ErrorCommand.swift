internal import ArgumentParser
internal import Martlet

/// `martlet error`.
struct ErrorCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "error",
        abstract: "Explain an error code of the Kafka protocol.",
        discussion: """
            A retriable error may go away by itself: clients try again.

            EXAMPLES
              martlet error 6
              martlet error NOT_LEADER_OR_FOLLOWER
              martlet error
            """
    )

    @Argument(help: "Number or name; all if none is given.")
    var code: String?

    @OptionGroup var form: JSONOption

    func validate() throws {
        if let code { _ = try Self.find(code) }
    }

    func run() throws {
        let codes = try code.map { [try Self.find($0)] } ?? ErrorCode.named
        var answer = Answer(json: form.json)
        if answer.isJSON {
            for code in codes {
                answer.buffer.line { json in
                    json.field("code", code.rawValue)
                    json.field("name", code.description)
                    json.field("retriable", code.isRetriable)
                    json.field("advice", ErrorAdvice.advice(for: code))
                }
            }
        } else {
            var table = Table([.right("CODE"), .left("NAME"), .left("RETRIABLE"), .left("WHAT TO DO")])
            for code in codes {
                table.add([
                    "\(code.rawValue)", code.description, code.isRetriable ? "yes" : "no",
                    ErrorAdvice.advice(for: code) ?? "-",
                ])
            }
            answer.write(table)
        }
        try answer.finish()
    }

    /// By number, or by name in any case, with dashes or spaces for underscores.
    static func find(_ text: String) throws -> ErrorCode {
        if let number = Int16(text) {
            guard let code = ErrorCode.named.first(where: { $0.rawValue == number }) else {
                throw ValidationError(
                    "there is no error code \(number); they go from -1 to \(ErrorCode.named.count - 2)")
            }
            return code
        }
        let name = String(text.uppercased().map { $0 == "-" || $0 == " " ? "_" : $0 })
        if let code = ErrorCode.named.first(where: { $0.description == name }) { return code }
        let similar = ErrorCode.named.map(\.description).filter { $0.contains(name) }.prefix(5)
        let hint =
            similar.isEmpty ? "martlet error lists them" : "did you mean \(similar.joined(separator: ", "))?"
        throw ValidationError("there is no error code \"\(text)\"; \(hint)")
    }
}
