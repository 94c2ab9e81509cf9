internal import ArgumentParser
internal import Martlet

/// Topic names as arguments.
enum TopicText {
    @Sendable
    static func parse(_ text: String) throws -> TopicName {
        let name = TopicName(text)
        guard name.isValid else {
            throw ValidationError(
                "\"\(text)\" is no topic name; use 1 to \(TopicName.maximumLength) of the characters a-z A-Z 0-9 . _ -"
            )
        }
        return name
    }
}

/// `NAME=VALUE` arguments.
enum PairText {
    @Sendable
    static func parse(_ text: String) throws -> Pair {
        guard let divider = text.firstIndex(of: "="), divider != text.startIndex else {
            throw ValidationError("\"\(text)\" should be NAME=VALUE")
        }
        return Pair(name: String(text[..<divider]), value: String(text[text.index(after: divider)...]))
    }

    struct Pair: Hashable, Sendable {
        var name: String
        var value: String
    }
}
