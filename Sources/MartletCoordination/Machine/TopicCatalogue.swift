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
        for topic in topics {
            byName[topic.name] = topic
            names[topic.id] = topic.name
        }
    }

    package subscript(name: TopicName) -> Topic? { byName[name] }
    package subscript(id: TopicID) -> Topic? { names[id].flatMap { byName[$0] } }
}
