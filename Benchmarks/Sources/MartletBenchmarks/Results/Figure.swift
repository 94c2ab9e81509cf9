/// Something else that a measurement shows, beside the value that it is about: a line below it where there is
/// a target, else in the second table.
struct Figure {
    let name: String
    /// What the detail of a sample is called that holds it.
    let detail: String
    let unit: String
    var target: Target?

    static let median = Figure(name: "p50", detail: "p50_us", unit: "µs")
    static let slow = Figure(name: "p99", detail: "p99_us", unit: "µs")
    static let slower = Figure(name: "p99.9", detail: "p999_us", unit: "µs")
    static let slowest = Figure(name: "max", detail: "max_us", unit: "µs")
    static let cpuPerGigabyte = Figure(name: "CPU", detail: "cpu_seconds_per_gb", unit: "s/GB")

    /// The same, with a promise.
    func promised(_ target: Target) -> Figure {
        Figure(name: name, detail: detail, unit: unit, target: target)
    }
}
