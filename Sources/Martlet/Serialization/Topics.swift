public import MartletCore

/// Several topics that one consumer reads, each with types of its own.
///
///     enum Event {
///         case order(Message<String, Order>)
///         case payment(Message<String, Payment>)
///     }
///
///     let events = Topics<Event>()
///         .adding(orders, Event.order)
///         .adding(payments, Event.payment)
///     for try await event in consumer.messages(of: events) {
///         switch event {
///         case .order(let message): print(message.offset, message.value?.item ?? "gone")
///         case .payment(let message): print(message.offset, message.value?.amount ?? "gone")
///         }
///     }
public struct Topics<Element>: MessageDecoder {
    private typealias Decode = @Sendable (ConsumerRecord) -> Result<Element, UndecodableRecord>

    private var decoders: [TopicName: Decode] = [:]

    public init() {}

    /// The topics, to subscribe to.
    public var names: [TopicName] { decoders.keys.sorted { $0.rawValue < $1.rawValue } }

    /// These and one more; if there was one with the same name, this one counts.
    ///
    /// - Parameter wrap: Makes the common type of all topics.
    public func adding<Key, Value>(
        _ topic: Topic<Key, Value>, _ wrap: @escaping @Sendable (Message<Key, Value>) -> Element
    ) -> Topics {
        var topics = self
        topics.decoders[topic.name] = { record in topic.result(of: record).map(wrap) }
        return topics
    }

    public func decode(_ record: ConsumerRecord) throws(UndecodableRecord) -> Element {
        guard let decode = decoders[record.partition.topic] else {
            throw UndecodableRecord(
                record, part: nil, SerializationError("is of a topic that nobody said how to read"))
        }
        return try decode(record).get()
    }
}
