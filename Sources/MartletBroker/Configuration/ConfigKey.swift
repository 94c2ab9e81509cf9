/// One setting: its name, the values it takes, its default and what it does. The list of them is the source
/// of validation, of DescribeConfigs and of the documentation.
public struct ConfigKey: Sendable {
    /// What values a key takes.
    public enum Kind: Sendable {
        case boolean
        case int32(ClosedRange<Int32>)
        case int64(ClosedRange<Int64>)
        /// This number, which has a meaning of its own, or one of the range.
        case int32Or(Int32, ClosedRange<Int32>)
        case double(ClosedRange<Double>)
        case string
        /// One of these words.
        case choice([String])
        /// A comma-separated list of these words.
        case list([String])
        /// A comma-separated list of anything; may be empty.
        case texts
    }

    /// Where a key can be set.
    public enum Scope: Sendable {
        /// For the broker: in its configuration, and while it runs if it is in
        /// `BrokerConfigKeys.dynamicNames`.
        case broker
        /// Per topic. `broker` names the key of the broker that gives the default, where there is one.
        case topic(broker: String?)
        /// Per group; `broker` as for a topic.
        case group(broker: String?)
        /// Per subscription to metrics of clients.
        case clientMetrics
    }

    public let name: String
    public let kind: Kind
    /// Used where nothing is set; nil where "not set" is a value of its own.
    public let defaultValue: String?
    public let scope: Scope
    /// One sentence for people: meaning, unit, limits.
    public let summary: String
    /// False for a setting of Kafka's that is checked and kept, so that tools can set it, but that changes
    /// nothing yet; the broker warns where one is set.
    public let isInEffect: Bool

    /// A key of the broker.
    init(_ name: String, _ kind: Kind, default defaultValue: String?, _ summary: String) {
        self.init(name, kind, default: defaultValue, .broker, summary)
    }

    init(
        _ name: String, _ kind: Kind, default defaultValue: String?, _ scope: Scope, _ summary: String,
        isInEffect: Bool = true
    ) {
        self.name = name
        self.kind = kind
        self.defaultValue = defaultValue
        self.scope = scope
        self.summary = summary
        self.isInEffect = isInEffect
    }

    /// Why the value cannot be taken, as a sentence that says what was expected; nil if it can.
    func objection(to value: String) -> String? {
        switch kind {
        case .string, .texts:
            return nil
        case .boolean:
            return value == "true" || value == "false" ? nil : expected("true or false", value)
        case .int32(let range):
            guard let number = Int32(value), range.contains(number) else {
                return expected(Self.describe(range.lowerBound, range.upperBound, of: Int32.self), value)
            }
            return nil
        case .int64(let range):
            guard let number = Int64(value), range.contains(number) else {
                return expected(Self.describe(range.lowerBound, range.upperBound, of: Int64.self), value)
            }
            return nil
        case .int32Or(let special, let range):
            guard let number = Int32(value), number == special || range.contains(number) else {
                let numbers = Self.describe(range.lowerBound, range.upperBound, of: Int32.self)
                return expected("\(special) or \(numbers)", value)
            }
            return nil
        case .double(let range):
            guard let number = Double(value), range.contains(number) else {
                return expected("a number from \(range.lowerBound) to \(range.upperBound)", value)
            }
            return nil
        case .choice(let words):
            return words.contains(value) ? nil : expected("one of \(words.joined(separator: ", "))", value)
        case .list(let words):
            let parts = value.split(separator: ",").map { $0.trimming(while: { $0 == " " }) }
            guard !parts.isEmpty, parts.allSatisfy({ words.contains(String($0)) }) else {
                return expected("a list of \(words.joined(separator: ", "))", value)
            }
            return nil
        }
    }

    private func expected(_ what: String, _ value: String) -> String {
        "\(name) takes \(what), not \"\(value)\"."
    }

    private static func describe<Number: FixedWidthInteger>(
        _ lower: Number, _ upper: Number, of type: Number.Type
    ) -> String {
        upper == Number.max
            ? "a whole number of at least \(lower)" : "a whole number from \(lower) to \(upper)"
    }
}

extension StringProtocol {
    func trimming(while predicate: (Character) -> Bool) -> SubSequence {
        let head = drop(while: predicate)
        guard let last = head.lastIndex(where: { !predicate($0) }) else { return head.prefix(0) }
        return head[...last]
    }
}
