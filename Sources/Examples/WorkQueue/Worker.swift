import Martlet

/// Takes pictures from the queue, one after the other, until its task is cancelled.
///
/// However many workers there are, each picture goes to one of them at a time. More workers than partitions
/// are of use: that is the difference to a consumer group.
struct Worker {
    let client: MartletClient
    let name: String
    /// Hears what became of each picture.
    let report: @Sendable (Acknowledgement) -> Void

    func run() async throws {
        var configuration = ShareConsumerConfiguration(group: "resizing", topics: pictures.name)
        // Nothing counts as done unless we say so.
        configuration.completion = .explicit
        // What one worker takes, the others cannot have meanwhile.
        configuration.maximumRecords = 10
        try await client.withShareConsumer(configuration) { consumer in
            // What is no picture at all is rejected for us.
            for try await message in consumer.messages(of: pictures, undecodable: .skip) {
                let outcome = resize(message)
                consumer.acknowledge(message, outcome)
                report(outcome)
            }
        }
    }

    private func resize(_ message: Message<Bytes, Picture>) -> Acknowledgement {
        guard let picture = message.value else { return .reject }
        switch picture.flaw {
        case .slowStore where message.deliveryCount == 1:
            // May go well later: the broker gives it to somebody again, up to the group's limit.
            print("\(name): \(picture.name) has to be tried again")
            return .release
        case .damaged:
            print("\(name): \(picture.name) is damaged")
            return .reject
        default:
            print("\(name): \(picture.name) is smaller now")
            return .accept
        }
    }
}
