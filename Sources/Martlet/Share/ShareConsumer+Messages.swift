internal import Logging
internal import MartletCore
public import ServiceLifecycle

extension ShareConsumer {
    /// All records to come, read as what they stand for. What becomes of each is said by `acknowledge`, as of
    /// records.
    ///
    /// A record that cannot be read ends the loop with `deserializationFailed` and is given back (`.fail`),
    /// or is rejected, so that nobody gets it again (`.skip`).
    ///
    /// - Parameter source: A `Topic`, or `Topics` if the group reads several.
    public func messages<Element>(
        of source: some MessageDecoder<Element>, undecodable policy: UndecodablePolicy = .fail
    ) -> Messages<Records, Element> {
        let transform = policy.applied(to: source, client)
        return Messages(base: records) { record in
            let result = transform(ConsumerRecord(record))
            switch result {
            case .success(.some): break
            case .success(nil): self.acknowledge(record, .reject)
            case .failure: self.acknowledge(record, .release)
            }
            return result
        }
    }

    /// A service that keeps this consumer in its group and hands each message to `body`, one after the other.
    ///
    ///     let worker = consumer.handling(jobs) { message in
    ///         try await work(on: message.value) ? .accept : .reject
    ///     }
    ///
    /// Takes the place of the consumer in the service group. What `body` returns is said of the record; if it
    /// throws, a warning is logged and the record given back: it comes again, to this member or another,
    /// until the group's limit of deliveries. A record that cannot be read is rejected. On graceful shutdown
    /// the service finishes the message that it is at. Where there is a tracer, each message is handled in a
    /// span.
    public func handling<Element: ReceivedRecord & SendableMetatype>(
        _ source: some MessageDecoder<Element>,
        _ body: @escaping @Sendable (Element) async throws -> Acknowledgement
    ) -> some Service {
        ShareConsumerService(consumer: self) { consumer in
            for try await message in consumer.messages(of: source, undecodable: .skip) {
                let outcome = await consumer.outcome(of: message, body)
                consumer.acknowledge(message, outcome)
            }
        }
    }

    private func outcome<Element: ReceivedRecord>(
        of message: Element, _ body: (Element) async throws -> Acknowledgement
    ) async -> Acknowledgement {
        do {
            return try await withSpan(handling: message) { _ in try await body(message) }
        } catch {
            if !Task.isCancelled {
                logger.warning(
                    "a record is given back, as its handler failed",
                    metadata: [
                        "partition": "\(message.partition)", "offset": "\(message.offset)",
                        "reason": "\(error)",
                    ])
            }
            return .release
        }
    }
}

/// A member of a share group and the loop that works on what it takes.
struct ShareConsumerService: Service {
    let consumer: ShareConsumer
    let loop: @Sendable (ShareConsumer) async throws -> Void

    func run() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await self.consumer.run() }
            do {
                try await loop(consumer)
                // The loop has seen the end: the member has it too, or will have as soon as it is told.
                if Task.isCancelled { group.cancelAll() }
                try await group.waitForAll()
            } catch {
                group.cancelAll()
                try? await group.waitForAll()
                throw error
            }
        }
    }
}
