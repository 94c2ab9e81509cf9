internal import ArgumentParser
internal import Martlet

/// `orders` or `orders:0,3-5`: a topic, or some of its partitions.
struct PartitionSelection: Hashable, Sendable {
    var topic: TopicName
    /// Nil for all.
    var partitions: [PartitionIndex]?

    /// More partitions than this are no list that somebody writes.
    private static let maximumCount = 100_000

    @Sendable
    static func parse(_ text: String) throws -> PartitionSelection {
        guard let divider = text.firstIndex(of: ":") else {
            return PartitionSelection(topic: try TopicText.parse(text))
        }
        let topic = try TopicText.parse(String(text[..<divider]))
        let list = text[text.index(after: divider)...]
        var partitions: [PartitionIndex] = []
        for item in list.split(separator: ",", omittingEmptySubsequences: false) {
            let ends = item.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
            guard let first = PartitionIndex(ends[0]), let last = PartitionIndex(ends[ends.count - 1]),
                first >= 0, first <= last, Int(last - first) + partitions.count < maximumCount
            else {
                throw ValidationError(
                    "\"\(text)\" names no partitions; write orders, orders:3 or orders:0,2-5")
            }
            partitions += first...last
        }
        return PartitionSelection(topic: topic, partitions: Array(Set(partitions)).sorted())
    }

    /// `0-3,7` for partitions in order.
    static func ranges(_ partitions: [PartitionIndex]) -> String {
        var ranges: [ClosedRange<PartitionIndex>] = []
        for partition in partitions {
            if let last = ranges.last, last.upperBound + 1 == partition {
                ranges[ranges.count - 1] = last.lowerBound...partition
            } else {
                ranges.append(partition...partition)
            }
        }
        return ranges.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)" }
            .joined(separator: ",")
    }

    /// `orders:0-3,7 payments:1` for partitions of any topics.
    static func text(_ partitions: [TopicPartition]) -> String {
        Dictionary(grouping: partitions, by: \.topic).sorted { $0.key < $1.key }.map { topic, partitions in
            "\(topic):\(ranges(partitions.map(\.partition).sorted()))"
        }.joined(separator: " ")
    }
}

/// Group names as arguments.
enum GroupText {
    @Sendable
    static func parse(_ text: String) throws -> GroupID {
        guard !text.isEmpty else { throw ValidationError("a group's name cannot be empty") }
        return GroupID(text)
    }
}
