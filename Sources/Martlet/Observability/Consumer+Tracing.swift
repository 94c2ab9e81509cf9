internal import MartletCore
public import MartletRecords
public import Tracing

extension GroupConsumer {
    /// Works on a record in the context that its producer sent along: all spans that `body` starts belong to
    /// the producer's trace.
    ///
    ///     for try await message in consumer.messages(of: orders) {
    ///         try await consumer.withSpan(handling: message) { span in
    ///             try await bill(message.value)
    ///         }
    ///     }
    ///
    /// The span is named "process" and the topic, of kind consumer, with OpenTelemetry's attributes for
    /// messaging; an error of `body` marks it as failed. If the task has a span already, the new one is
    /// linked to it. Without a tracer this does nothing but call `body`.
    public func withSpan<Result>(
        handling record: some ReceivedRecord, _ body: (any Span) async throws -> Result
    ) async rethrows -> Result {
        guard let tracing = client.telemetry.tracing else { return try await body(ClientTracing.silent) }
        return try await tracing.process(record, group: configuration.group, body)
    }

    /// Works on a batch of records: one span, linked to those of all the producers.
    public func withSpan<Result>(
        handling batch: ConsumerBatch, _ body: (any Span) async throws -> Result
    ) async rethrows -> Result {
        guard let tracing = client.telemetry.tracing else { return try await body(ClientTracing.silent) }
        return try await tracing.process(batch, group: configuration.group, body)
    }
}

extension Consumer {
    /// Works on a record in the context that its producer sent along, as `GroupConsumer.withSpan(handling:)`
    /// does.
    public func withSpan<Result>(
        handling record: some ReceivedRecord, _ body: (any Span) async throws -> Result
    ) async rethrows -> Result {
        guard let tracing = client.telemetry.tracing else { return try await body(ClientTracing.silent) }
        return try await tracing.process(record, group: nil, body)
    }

    /// Works on a batch of records: one span, linked to those of all the producers.
    public func withSpan<Result>(
        handling batch: ConsumerBatch, _ body: (any Span) async throws -> Result
    ) async rethrows -> Result {
        guard let tracing = client.telemetry.tracing else { return try await body(ClientTracing.silent) }
        return try await tracing.process(batch, group: nil, body)
    }
}

extension ShareConsumer {
    /// Works on a record in the context that its producer sent along, as `GroupConsumer.withSpan(handling:)`
    /// does.
    public func withSpan<Result>(
        handling record: some ReceivedRecord, _ body: (any Span) async throws -> Result
    ) async rethrows -> Result {
        guard let tracing = client.telemetry.tracing else { return try await body(ClientTracing.silent) }
        return try await tracing.process(record, group: configuration.group, body)
    }
}

extension [RecordHeader] {
    /// The headers of W3C's trace context and baggage, as they are: for services without a tracer that pass
    /// records on, so that the trace does not end with them.
    ///
    ///     try await producer.send(invoice, key: key, to: invoices, headers: message.headers.traceContext)
    public var traceContext: [RecordHeader] {
        filter { $0.key == "traceparent" || $0.key == "tracestate" || $0.key == "baggage" }
    }
}
