package import MartletCore
internal import MartletWire

/// Which way of dividing the partitions a group chooses, and what it reads.
extension ClassicGroup {
    /// Whether somebody who can do `protocols` could be a member.
    func supports(_ type: String, _ protocols: [JoinGroupRequest.GroupProtocol]) -> Bool {
        guard state != .empty else { return !type.isEmpty && !protocols.isEmpty }
        return protocolType == type && protocols.contains { supporters[$0.name, default: 0] == members.count }
    }

    /// The protocol with the most votes among those that all can do. Of equals the one that the first member
    /// prefers; nil without members.
    func selectProtocol() -> String? {
        let candidates = Set(supporters.filter { $0.value == members.count }.keys)
        var votes: [String: Int] = [:]
        for member in members.all {
            if let vote = member.vote(among: candidates) { votes[vote, default: 0] += 1 }
        }
        var chosen: (name: String, votes: Int)?
        for offered in members.first?.protocols ?? [] {
            if let count = votes[offered.name], count > chosen?.votes ?? 0 { chosen = (offered.name, count) }
        }
        return chosen?.name
    }

    /// Whether the members read a topic. A group of consumers of which that is not known is taken to read
    /// everything, so that nothing of what it may need is forgotten.
    package func isSubscribed(to topic: TopicName) -> Bool {
        subscribedTopics?.contains(topic) ?? usesConsumerProtocol
    }

    /// What the members of a group of consumers read; nil if one of them cannot be understood.
    func readSubscribedTopics() -> Set<TopicName>? {
        guard usesConsumerProtocol else { return nil }
        guard !members.isEmpty else { return [] }
        guard let protocolName else { return nil }
        var topics: Set<TopicName> = []
        for member in members.all {
            guard let names = SubscribedTopics.read(member.metadata(for: protocolName)) else { return nil }
            topics.formUnion(names)
        }
        return topics
    }
}

/// Reads the names of the topics from what a consumer says when it joins a group. They come first in all
/// versions of it, so that the rest need not be known.
enum SubscribedTopics {
    static func read(_ metadata: Bytes) -> [TopicName]? {
        var position = 2  // The version.
        guard let count = number(metadata, &position, byteCount: 4), count >= 0 else { return nil }
        var names: [TopicName] = []
        // Each name takes two bytes at least, so a large count cannot make this reserve much.
        names.reserveCapacity(min(count, metadata.count / 2))
        for _ in 0..<count {
            guard let length = number(metadata, &position, byteCount: 2), length >= 0,
                length <= metadata.count - position
            else { return nil }
            names.append(TopicName(rawValue: String(decoding: metadata[position..<position + length])))
            position += length
        }
        return names
    }

    private static func number(_ bytes: Bytes, _ position: inout Int, byteCount: Int) -> Int? {
        guard bytes.count - position >= byteCount else { return nil }
        defer { position += byteCount }
        var value = 0
        for index in position..<position + byteCount { value = value << 8 | Int(bytes[index]) }
        // Negative numbers of two or four bytes have the highest bit.
        return value >> (8 * byteCount - 1) == 0 ? value : -1
    }
}
