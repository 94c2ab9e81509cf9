/// Why a measurement, or the whole run, could not go on.
enum Failure: Error {
    /// The user asked to stop.
    case interrupted
    /// What failed, as a sentence for the user.
    case failed(String)
    /// The arguments are wrong; the usage is printed along.
    case usage(String)
}

extension Failure {
    /// A system call that did not do what it should.
    static func system(_ what: String, _ code: Int32) -> Failure {
        .failed("\(what): \(systemMessage(code))")
    }
}
