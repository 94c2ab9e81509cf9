import Benchmark
import CCounterparts
import Operations

extension BenchmarkMetric {
    /// Processor time of an operation, in nanoseconds: a busy machine makes it longer, but not by much.
    fileprivate static let nanoseconds = BenchmarkMetric.custom("CPU (ns)", useScalingFactor: true)
    fileprivate static let rate = BenchmarkMetric.custom(
        "MB/s of CPU", polarity: .prefersLarger, useScalingFactor: false)
    /// The same in C, measured just before: 100 is as fast as C.
    fileprivate static let percentOfC = BenchmarkMetric.custom("% of C's CPU", useScalingFactor: false)
    fileprivate static let allocations = BenchmarkMetric.custom("allocations", useScalingFactor: true)
}

let benchmarks: @Sendable () -> Void = {
    for operation in Operation.all { register(operation) }
}

private func register(_ operation: Operation) {
    // Made by the first iteration, so that one benchmark does not make the inputs of all. Safe without a
    // lock: benchmarks run one after another, and each has its own.
    nonisolated(unsafe) var prepared: Prepared?
    var metrics: [BenchmarkMetric] = [.nanoseconds, .allocations]
    if operation.byteCount > 0 { metrics.append(.rate) }
    Benchmark(
        operation.name,
        configuration: .init(
            metrics: metrics + [.percentOfC],
            warmupIterations: 3,
            scalingFactor: operation.runs == .one ? .one : .kilo,
            maxDuration: .milliseconds(500), maxIterations: 1_000
        ),
        closure: { (benchmark: Benchmark) throws in
            let ready = try prepared ?? operation.prepare()
            prepared = ready
            try measure(operation, ready, benchmark)
        },
        teardown: {
            prepared?.finish()
            prepared = nil
        }
    )
}

private func measure(_ operation: Operation, _ prepared: Prepared, _ benchmark: Benchmark) throws {
    let runs = operation.runs.count
    let start = thread_nanoseconds()
    prepared.counterpart?(runs)
    let between = thread_nanoseconds()
    let allocated = allocation_count()
    benchmark.startMeasurement()
    let begin = thread_nanoseconds()
    try prepared.run(runs)
    let end = thread_nanoseconds()
    benchmark.stopMeasurement()
    benchmark.measurement(.allocations, Int(allocation_count() - allocated))
    let time = max(Int(end - begin), 1)
    benchmark.measurement(.nanoseconds, time)
    if operation.byteCount > 0 {
        benchmark.measurement(.rate, operation.byteCount * runs * 1_000 / time)
    }
    if prepared.counterpart != nil {
        benchmark.measurement(.percentOfC, 100 * time / max(Int(between - start), 1))
    }
}
