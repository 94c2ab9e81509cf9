package import MartletCore

extension StreamsGroup {
    /// How an application processes records, for people to look at.
    package struct TopologyDescription: WireStruct {
        package var subtopologies: [DescribedSubtopology] = []
        package var globalStores: [GlobalStore] = []

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&subtopologies)
            try wire.field(&globalStores)
            try wire.taggedFields()
        }
    }

    /// Nodes that are connected with each other.
    package struct DescribedSubtopology: WireStruct {
        package var subtopologyID = ""
        package var nodes: [Node] = []

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&subtopologyID)
            try wire.field(&nodes)
            try wire.taggedFields()
        }
    }

    /// A source, a processor or a sink.
    package struct Node: WireStruct {
        package var name = ""
        package var nodeType: Int8 = 0
        /// Of a source.
        package var sourceTopics: [TopicName] = []
        /// Of a sink; null if the topic is chosen for each record.
        package var sinkTopic: TopicName? = nil
        /// Of a processor: its state stores.
        package var stores: [String] = []
        /// Names of the nodes that records go to from here.
        package var successors: [String] = []

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&name)
            try wire.field(&nodeType)
            try wire.field(&sourceTopics)
            try wire.field(&sinkTopic)
            try wire.field(&stores)
            try wire.field(&successors)
            try wire.taggedFields()
        }
    }

    /// A store with a copy of a whole topic in every process.
    package struct GlobalStore: WireStruct {
        package var source = Node()
        package var processor = Node()

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&source)
            try wire.field(&processor)
            try wire.taggedFields()
        }
    }
}
