/// A setting that cannot be taken; the message says which, and what was expected.
public struct ConfigError: Error, CustomStringConvertible, Sendable {
    public let message: String

    public init(_ message: String) {
        self.message = message
    }

    public var description: String { message }
}
