internal import MartletWire

/// Which settings of a group can stand beside each other and the broker's limits for all groups.
struct GroupSettingRules {
    private let broker: BrokerSettings

    init(_ broker: BrokerSettings) {
        self.broker = broker
    }

    /// Why these settings of a group cannot be, as a sentence; nil if they can. Without any, whether the
    /// broker's own defaults can. The limits are for groups; an operator may set a default beyond them.
    func conflict(_ group: [String: String]) -> String? {
        for limit in Self.limits {
            guard let value = group[limit.key].flatMap({ Int64($0) }),
                let minimum = broker.int64(limit.minimum),
                let maximum = broker.int64(limit.maximum)
            else { continue }
            if value < minimum || value > maximum {
                return
                    "\(limit.key) takes \(minimum) to \(maximum), which \(limit.minimum) and \(limit.maximum) set, "
                    + "not \(value)."
            }
        }
        for kind in ["consumer", "share"] {
            guard let session = number("\(kind).session.timeout.ms", group),
                let heartbeat = number("\(kind).heartbeat.interval.ms", group), session <= heartbeat
            else { continue }
            return
                "\(kind).session.timeout.ms (\(session)) must be above \(kind).heartbeat.interval.ms (\(heartbeat))."
        }
        if let reset = group["share.auto.offset.reset"], !Self.isReset(reset) {
            return "share.auto.offset.reset takes earliest, latest or by_duration:DURATION, for instance "
                + "by_duration:PT1H, not \"\(reset)\"."
        }
        return nil
    }

    /// The value in force for a group that has set these.
    func string(_ name: String, _ group: [String: String]) -> String? {
        if let value = group[name] { return value }
        guard let key = GroupConfigKeys.byName[name] else { return nil }
        if case .group(let synonym?) = key.scope { return broker.string(synonym) }
        return key.defaultValue
    }

    /// All places where a setting of the group has a value; the one that counts comes first.
    func layers(of key: ConfigKey, _ group: [String: String]) -> [ConfigLayer] {
        var layers: [ConfigLayer] = []
        if let value = group[key.name] {
            layers.append(ConfigLayer(name: key.name, value: value, source: .group))
        }
        if case .group(let synonym?) = key.scope {
            layers += broker.layers(of: synonym)
        } else if let value = key.defaultValue {
            layers.append(ConfigLayer(name: key.name, value: value, source: .default))
        }
        return layers
    }

    private func number(_ name: String, _ group: [String: String]) -> Int64? {
        string(name, group).flatMap { Int64($0) }
    }

    private struct Limit {
        let key: String
        let minimum: String
        let maximum: String

        init(_ kind: String, _ what: String) {
            key = "\(kind).\(what)"
            minimum = "group.\(kind).min.\(what)"
            maximum = "group.\(kind).max.\(what)"
        }
    }

    private static let limits = [
        Limit("consumer", "session.timeout.ms"), Limit("consumer", "heartbeat.interval.ms"),
        Limit("share", "session.timeout.ms"), Limit("share", "heartbeat.interval.ms"),
        Limit("share", "record.lock.duration.ms"), Limit("share", "delivery.count.limit"),
        Limit("share", "partition.max.record.locks"),
    ]

    private static func isReset(_ value: String) -> Bool {
        value == "earliest" || value == "latest" || ResetDuration(value) != nil
    }
}

/// A value of `share.auto.offset.reset` such as `by_duration:P1DT2H`: how far before now a group begins.
struct ResetDuration: Equatable {
    let milliseconds: Int64

    /// Reads `by_duration:PnDTnHnMnS`, the seconds perhaps with a fraction; nil for anything else, and for a
    /// duration that is negative or beyond all records.
    init?(_ text: String) {
        let prefix = "by_duration:"
        guard text.hasPrefix(prefix), text.utf8.count <= 100 else { return nil }
        let duration = text.dropFirst(prefix.count).uppercased()
        guard duration.hasPrefix("P") else { return nil }
        let halves = duration.dropFirst().split(separator: "T", omittingEmptySubsequences: false)
        guard halves.count <= 2, let date = Self.sum(halves[0], [("D", 86_400_000)]) else { return nil }
        var time: Double = 0
        if halves.count == 2 {
            guard !halves[1].isEmpty,
                let sum = Self.sum(halves[1], [("H", 3_600_000), ("M", 60_000), ("S", 1_000)])
            else { return nil }
            time = sum
        } else if halves[0].isEmpty {
            return nil
        }
        guard date + time < 1e15 else { return nil }
        milliseconds = Int64(date + time)
    }

    /// Adds up numbers that are followed by their units, which come in this order, each at most once.
    private static func sum(_ text: Substring, _ units: [(Character, Double)]) -> Double? {
        var total: Double = 0
        var rest = text
        var left = units[...]
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isASCII && $0.isNumber || $0 == "." }
            rest = rest.dropFirst(digits.count)
            guard let unit = rest.popFirst(), let index = left.firstIndex(where: { $0.0 == unit }),
                let number = Double(digits), unit == "S" || !digits.contains(".")
            else { return nil }
            total += number * left[index].1
            left = left[(index + 1)...]
        }
        return total
    }
}
