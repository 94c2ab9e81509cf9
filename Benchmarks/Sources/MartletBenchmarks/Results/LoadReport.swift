/// The figures that a C program printed: one line, a flat JSON object whose values are numbers.
struct LoadReport {
    private(set) var figures: [String: Double] = [:]

    init(_ line: String) throws(Failure) {
        guard line.first == "{", line.last == "}" else { throw .failed("no report in: \(line)") }
        for member in line.dropFirst().dropLast().split(separator: ",") {
            let parts = member.split(separator: ":")
            guard parts.count == 2, let value = Double(parts[1]) else {
                throw .failed("no report in: \(line)")
            }
            figures[String(parts[0].filter { $0 != "\"" })] = value
        }
    }

    mutating func add(_ name: String, _ value: Double) {
        figures[name] = value
    }

    /// Reads a figure that every report of this kind has.
    func figure(_ name: String) throws(Failure) -> Double {
        guard let value = figures[name] else { throw .failed("the report has no \(name)") }
        return value
    }
}
