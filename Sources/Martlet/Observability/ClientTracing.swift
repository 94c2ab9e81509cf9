internal import MartletCore
internal import MartletRecords
internal import Tracing

/// Makes spans for what a client sends and reads, and carries their contexts in the headers of records.
///
/// Names and attributes follow OpenTelemetry's conventions for messaging; the format in the headers is the
/// tracer's choice, mostly W3C's `traceparent` and `tracestate`.
final class ClientTracing: Sendable {
    private let tracer: any Tracer
    /// The tracer, or several instruments of which it is one.
    private let instrument: any Instrument
    private let clientID: String

    /// Nil if the process has set up nothing.
    init?(_ configuration: ClientConfiguration) {
        clientID = configuration.clientID
        if let tracer = configuration.observability.tracer {
            self.tracer = tracer
            instrument = tracer
            return
        }
        instrument = InstrumentationSystem.instrument
        if instrument is NoOpInstrument { return nil }
        tracer = InstrumentationSystem.tracer
    }

    /// A span that nobody sees.
    static var silent: any Span { NoOpTracer.NoOpSpan(context: .current ?? .topLevel) }

    // MARK: Sending

    /// The span of a record that somebody waits for. Its context goes into the headers.
    func send(
        _ record: ProducerRecord, by core: ProducerCore
    ) async throws(MartletError) -> RecordMetadata {
        let span = startSpan("send", record.topic, .producer)
        defer { span.end() }
        do {
            let metadata = try await core.enqueue(with(span, in: record), isAwaited: true).metadata()
            span.attributes["messaging.destination.partition.id"] = "\(metadata.partition.partition)"
            if let offset = metadata.offset { span.attributes["messaging.kafka.offset"] = offset.rawValue }
            return metadata
        } catch {
            fail(span, error)
            throw error
        }
    }

    /// The span of a record that is handed over. It ends with that: the delivery is nobody's to wait for.
    func enqueue(_ record: ProducerRecord, by core: ProducerCore) async throws(MartletError) -> Delivery {
        let span = startSpan("create", record.topic, .producer)
        defer { span.end() }
        do {
            return try await core.enqueue(with(span, in: record), isAwaited: false)
        } catch {
            fail(span, error)
            throw error
        }
    }

    /// One span for all; their headers carry the same context.
    func send(
        _ records: [ProducerRecord], by core: ProducerCore
    ) async throws(MartletError) -> [RecordMetadata] {
        guard !records.isEmpty else { return [] }
        let span = startSpan("send", of: records)
        defer { span.end() }
        do {
            return try await core.enqueue(with(span, in: records), isAwaited: true).metadata()
        } catch {
            fail(span, error)
            throw error
        }
    }

    /// One span for all; their headers carry the same context.
    func enqueue(
        _ records: [ProducerRecord], by core: ProducerCore
    ) async throws(MartletError) -> Deliveries {
        guard !records.isEmpty else { return try await core.enqueue(records, isAwaited: false) }
        let span = startSpan("create", of: records)
        defer { span.end() }
        do {
            return try await core.enqueue(with(span, in: records), isAwaited: false)
        } catch {
            fail(span, error)
            throw error
        }
    }

    private func startSpan(_ operation: String, of records: [ProducerRecord]) -> any Span {
        let topic = records[0].topic
        let isOneTopic = records.allSatisfy { $0.topic == topic }
        let span = startSpan(operation, isOneTopic ? topic : nil, .producer)
        span.attributes["messaging.batch.message_count"] = records.count
        return span
    }

    private func with(_ span: any Span, in record: ProducerRecord) -> ProducerRecord {
        var record = record
        instrument.inject(span.context, into: &record.headers, using: HeaderCarrier())
        return record
    }

    private func with(_ span: any Span, in records: [ProducerRecord]) -> [ProducerRecord] {
        // Made once: most tracers format text for it.
        var context: [RecordHeader] = []
        instrument.inject(span.context, into: &context, using: HeaderCarrier())
        guard !context.isEmpty else { return records }
        return records.map { record in
            var record = record
            record.headers.removeAll { header in context.contains { $0.key == header.key } }
            record.headers += context
            return record
        }
    }

    // MARK: Reading

    /// Runs `body` in the context that the record's producer sent along, as a span of its own.
    func process<Result>(
        _ record: some ReceivedRecord, group: GroupID?, _ body: (any Span) async throws -> Result
    ) async rethrows -> Result {
        var context = InstrumentationContext.topLevel
        instrument.extract(record.headers, into: &context, using: HeaderCarrier())
        let span = startSpan("process", record.partition.topic, .consumer, parent: context)
        // Whoever reads has a span as well, but a record belongs to the trace of its producer.
        link(span, to: .current)
        span.attributes["messaging.destination.partition.id"] = "\(record.partition.partition)"
        span.attributes["messaging.kafka.offset"] = record.offset.rawValue
        if record.record.value == nil { span.attributes["messaging.kafka.message.tombstone"] = true }
        return try await run(span, group, body)
    }

    /// Runs `body` as a span that is linked to the contexts of all the records' producers.
    func process<Result>(
        _ batch: ConsumerBatch, group: GroupID?, _ body: (any Span) async throws -> Result
    ) async rethrows -> Result {
        let span = startSpan("process", batch.partition.topic, .consumer)
        var last: [RecordHeader]?
        // Records that were sent together have the same headers: one link for them.
        for record in batch where !record.headers.isEmpty && record.headers != last {
            last = record.headers
            var context = InstrumentationContext.topLevel
            instrument.extract(record.headers, into: &context, using: HeaderCarrier())
            link(span, to: context)
        }
        span.attributes["messaging.destination.partition.id"] = "\(batch.partition.partition)"
        span.attributes["messaging.kafka.offset"] = batch.firstOffset.rawValue
        span.attributes["messaging.batch.message_count"] = batch.count
        return try await run(span, group, body)
    }

    private func run<Result>(
        _ span: any Span, _ group: GroupID?, _ body: (any Span) async throws -> Result
    ) async rethrows -> Result {
        defer { span.end() }
        if let group { span.attributes["messaging.consumer.group.name"] = group.rawValue }
        do {
            return try await InstrumentationContext.withValue(span.context) { try await body(span) }
        } catch {
            fail(span, error)
            throw error
        }
    }

    private func link(_ span: any Span, to context: InstrumentationContext?) {
        guard let context, !context.isEmpty else { return }
        span.addLink(SpanLink(context: context, attributes: [:]))
    }

    // MARK: Spans

    private func startSpan(
        _ operation: String, _ topic: TopicName?, _ kind: SpanKind, parent: InstrumentationContext? = nil
    ) -> any Span {
        let name = topic.map { "\(operation) \($0)" } ?? operation
        let span: any Span = tracer.startSpan(
            name, context: parent ?? .current ?? .topLevel, ofKind: kind)
        span.updateAttributes { attributes in
            attributes["messaging.system"] = "kafka"
            attributes["messaging.operation.name"] = operation
            attributes["messaging.operation.type"] = operation
            attributes["messaging.client.id"] = clientID
            if let topic { attributes["messaging.destination.name"] = topic.rawValue }
        }
        return span
    }

    private func fail(_ span: any Span, _ error: any Error) {
        span.recordError(error)
        span.setStatus(SpanStatus(code: .error))
        let kind = (error as? MartletError).map { "\($0.code)" } ?? "\(type(of: error))"
        span.attributes["error.type"] = kind
    }
}

/// Puts what a tracer wants to pass on into headers, and finds it there.
struct HeaderCarrier: Injector, Extractor {
    func inject(_ value: String, forKey key: String, into carrier: inout [RecordHeader]) {
        carrier[key] = value
    }

    func extract(key: String, from carrier: [RecordHeader]) -> String? { carrier[key] }
}

extension ProducerCore {
    /// Looked at once per call; nil where nobody traces.
    var tracing: ClientTracing? { client.telemetry.tracing }
}
