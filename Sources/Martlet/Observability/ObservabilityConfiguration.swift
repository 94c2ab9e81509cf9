public import Metrics
public import Tracing

/// Where a client reports what it does.
///
/// By default to whatever the process has set up with `MetricsSystem.bootstrap` and
/// `InstrumentationSystem.bootstrap`; if that is nothing, nothing is measured or traced. Both are looked up
/// once, when the client is made: set them up before.
public struct ObservabilityConfiguration: Sendable {
    /// Who makes the metrics; nil for the process's own.
    public var metricsFactory: (any MetricsFactory)?
    /// Who traces records and passes contexts on in their headers; nil for the process's own.
    public var tracer: (any Tracer)?
    /// Gives each partition a lag of its own, with labels `topic` and `partition`. Costs a series for each.
    public var measuresPartitions = false

    public init() {}
}
