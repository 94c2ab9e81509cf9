import InMemoryTracing
import Martlet
import MartletCore
import MartletTesting
import Synchronization
import Testing
import Tracing

@Suite("Traces", .timeLimit(.minutes(2)))
struct TracingTests {
    private static let notes = Topic<String, String>("notes", key: .string, value: .string)

    private func withClient(
        _ tracer: (any Tracer)?, _ body: (MartletClient) async throws -> Void
    ) async throws {
        try await withBroker { broker in
            var configuration = ClientConfiguration(bootstrapServers: [broker.address])
            configuration.clientID = "me"
            configuration.observability.tracer = tracer
            try await MartletClient.with(configuration) { client in
                try await client.admin.createTopic("notes", partitions: 1)
                try await body(client)
            }
        }
    }

    private func read(
        _ count: Int, _ client: MartletClient,
        _ body: (GroupConsumer, Message<String, String>) async throws -> Void
    ) async throws {
        let configuration = GroupConsumerConfiguration(group: "g", topics: "notes")
        try await client.withGroupConsumer(configuration) { consumer in
            var left = count
            for try await message in consumer.messages(of: Self.notes) {
                try await body(consumer, message)
                left -= 1
                if left == 0 { break }
            }
        }
    }

    private func text(_ span: FinishedInMemorySpan, _ attribute: String) -> SpanAttribute? {
        span.attributes.get(attribute)
    }

    @Test("a record is worked on in the trace of whoever sent it")
    func contextsCross() async throws {
        let tracer = InMemoryTracer()
        try await withClient(tracer) { client in
            try await client.withProducer { producer in
                let span = tracer.startSpan("request", context: .topLevel, ofKind: .server)
                _ = try await InstrumentationContext.withValue(span.context) {
                    try await producer.send("hello", key: "k", to: Self.notes)
                }
                span.end()
            }
            try await read(1, client) { consumer, message in
                #expect(message.headers["in-memory-trace-id"] == "trace-1")
                await consumer.withSpan(handling: message) { _ in
                    // What handling does belongs to the trace as well.
                    tracer.startSpan("work", context: .current ?? .topLevel, ofKind: .internal).end()
                }
            }
            let spans = tracer.finishedSpans
            #expect(spans.map(\.operationName) == ["send notes", "request", "work", "process notes"])
            #expect(Set(spans.map(\.traceID)).count == 1)
            let (send, request, work, process) = (spans[0], spans[1], spans[2], spans[3])
            #expect(send.parentSpanID == request.spanID && process.parentSpanID == send.spanID)
            #expect(work.parentSpanID == process.spanID)
            #expect(send.kind == .producer && process.kind == .consumer)
            for span in [send, process] {
                #expect(text(span, "messaging.system") == "kafka")
                #expect(text(span, "messaging.destination.name") == "notes")
                #expect(text(span, "messaging.destination.partition.id") == "0")
                #expect(text(span, "messaging.kafka.offset") == 0)
                #expect(text(span, "messaging.client.id") == "me")
            }
            #expect(text(process, "messaging.consumer.group.name") == "g")
        }
    }

    @Test("records sent at once share a span, and a batch links to the spans of its producers")
    func batches() async throws {
        let tracer = InMemoryTracer()
        try await withClient(tracer) { client in
            try await client.withProducer { producer in
                _ = try await producer.send(
                    contentsOf: try (0..<10).map { try Self.notes.record("\($0)", key: "k") })
                try await producer.enqueue("more", key: "k", to: Self.notes)
            }
            #expect(tracer.finishedSpans.map(\.operationName) == ["send notes", "create notes"])
            try await client.withConsumer { consumer in
                try await consumer.assign(topic: "notes", from: .beginning, until: .end)
                var records: [Int] = []
                for try await batch in consumer.batches {
                    await consumer.withSpan(handling: batch) { _ in records.append(batch.count) }
                }
                #expect(records.reduce(0, +) == 11)
            }
            let sent = Set(tracer.finishedSpans.prefix(2).map(\.spanID))
            let processed = tracer.finishedSpans.dropFirst(2)
            let linked = processed.flatMap(\.links).compactMap { $0.context.inMemorySpanContext?.spanID }
            #expect(Set(linked) == sent && linked.count == 2)
        }
    }

    @Test("a handler that fails marks the span, and a record that cannot be sent its own")
    func errors() async throws {
        struct Refusal: Error {}
        let tracer = InMemoryTracer()
        try await withClient(tracer) { client in
            try await client.withProducer { producer in
                try await producer.send("hello", to: Self.notes)
                await #expect(throws: MartletError.self) {
                    try await producer.send(ProducerRecord(topic: "no topic!", value: "x"))
                }
            }
            await #expect(throws: Refusal.self) {
                try await read(1, client) { consumer, message in
                    try await consumer.withSpan(handling: message) { _ in throw Refusal() }
                }
            }
            let spans = tracer.finishedSpans
            #expect(spans.map { $0.status?.code == .error } == [false, true, true])
            #expect(text(spans[2], "error.type") == "Refusal")
        }
    }

    @Test("without a tracer records go as they are, and handling only calls the body")
    func nobodyTraces() async throws {
        try await withClient(nil) { client in
            let parent = RecordHeader(
                "traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
            try await client.withProducer { producer in
                try await producer.send("hello", to: Self.notes, headers: [parent])
            }
            try await read(1, client) { consumer, message in
                let headers = await consumer.withSpan(handling: message) { span in
                    #expect(!span.isRecording)
                    return message.headers
                }
                #expect(headers == [parent] && headers.traceContext == [parent])
            }
        }
    }

    @Test("the tracer decides the format: with W3C's, a context of another service goes on")
    func w3c() async throws {
        let tracer = W3CTracer()
        try await withClient(tracer) { client in
            try await client.withProducer { producer in
                var context = InstrumentationContext.topLevel
                context[W3CTracer.Parent.self] = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
                _ = try await InstrumentationContext.withValue(context) {
                    // What was copied along from elsewhere does not count any more.
                    try await producer.send(
                        "hello", to: Self.notes, headers: [RecordHeader("traceparent", "old")])
                }
            }
            try await read(1, client) { consumer, message in
                #expect(message.headers.values(of: "traceparent").count == 1)
                try await consumer.withSpan(handling: message) { span in
                    let parent = try #require(span.context[W3CTracer.Parent.self])
                    #expect(parent.contains("0af7651916cd43dd8448eb211c80319c"))
                }
            }
        }
    }
}

/// Carries W3C's `traceparent` on, and records nothing.
struct W3CTracer: Tracer {
    typealias Span = NoOpTracer.NoOpSpan

    enum Parent: InstrumentationContextKey {
        typealias Value = String
    }

    func startSpan<Instant: TracerInstant>(
        _ operationName: String, context: @autoclosure () -> InstrumentationContext, ofKind kind: SpanKind,
        at instant: @autoclosure () -> Instant, function: String, file fileID: String, line: UInt
    ) -> NoOpTracer.NoOpSpan {
        NoOpTracer.NoOpSpan(context: context())
    }

    func forceFlush() {}

    func extract<Carrier, Extract: Extractor>(
        _ carrier: Carrier, into context: inout InstrumentationContext, using extractor: Extract
    ) where Extract.Carrier == Carrier {
        context[Parent.self] = extractor.extract(key: "traceparent", from: carrier)
    }

    func inject<Carrier, Inject: Injector>(
        _ context: InstrumentationContext, into carrier: inout Carrier, using injector: Inject
    ) where Inject.Carrier == Carrier {
        if let parent = context[Parent.self] {
            injector.inject(parent, forKey: "traceparent", into: &carrier)
        }
    }
}
