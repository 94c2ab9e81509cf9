package import MartletCore

/// The topics of the cluster as a coordinator sees them: a value, replaced when something changes.
package struct TopicCatalogue: Sendable, Equatable {
    package struct Topic: Sendable, Equatable {
        package var id: TopicID
        package var name: TopicName
        package var partitionCount: Int

        package init(id: TopicID, name: TopicName, partitionCount: Int) {
            self.id = id
            self.name = name
            self.partitionCount = partitionCount
        }
    }

    package private(set) var byName: [TopicName: Topic] = [:]
    private var names: [TopicID: TopicName] = [:]

    package init(_ topics: some Sequence<Topic> = []) {
        for topic in topics { insert(topic) }
    }

    package mutating func insert(_ topic: Topic) {
        byName[topic.name] = topic
        names[topic.id] = topic.name
    }

    package mutating func remove(_ id: TopicID) {
        guard let name = names.removeValue(forKey: id) else { return }
        if byName[name]?.id == id { byName[name] = nil }
    }

    package subscript(name: TopicName) -> Topic? { byName[name] }
    package subscript(id: TopicID) -> Topic? { names[id].flatMap { byName[$0] } }
}
