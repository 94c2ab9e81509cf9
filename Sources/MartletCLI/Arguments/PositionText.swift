internal import ArgumentParser
internal import Martlet

/// Places in a partition as the command line has them.
enum PositionText {
    /// `beginning`, `end`, an offset, `-N` for the last N, `@TIME`.
    @Sendable
    static func parseStart(_ text: String) throws -> StartPosition {
        switch text {
        case "beginning", "start", "earliest": return .beginning
        case "end", "latest": return .end
        default: break
        }
        if let time = time(text) { return .timestamp(try TimeText.parse(time)) }
        guard let number = Int64(text) else {
            throw ValidationError(
                "\"\(text)\" is no position; write beginning, end, an offset, -N (the last N) or @TIME")
        }
        return number < 0 || text.first == "-" ? .last(-number) : .offset(Offset(rawValue: number))
    }

    /// `end`, an offset, `@TIME`.
    @Sendable
    static func parseStop(_ text: String) throws -> StopPosition {
        if text == "end" || text == "latest" { return .end }
        if let time = time(text) { return .timestamp(try TimeText.parse(time)) }
        guard let number = Int64(text), number >= 0 else {
            throw ValidationError("\"\(text)\" is no place to stop; write end, an offset or @TIME")
        }
        return .offset(Offset(rawValue: number))
    }

    private static func time(_ text: String) -> Substring? {
        text.first == "@" ? text.dropFirst() : nil
    }
}
