/// Something else that a measurement shows, beside the value that it is about: a line below the table.
struct Figure {
    let name: String
    /// What the detail of a sample is called that holds it.
    let detail: String
    let unit: String

    static let median = Figure(name: "p50", detail: "p50_us", unit: "µs")
    static let slow = Figure(name: "p99", detail: "p99_us", unit: "µs")
    static let slower = Figure(name: "p99.9", detail: "p999_us", unit: "µs")
    static let slowest = Figure(name: "max", detail: "max_us", unit: "µs")
}
