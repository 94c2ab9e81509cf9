/// What one run of one side showed.
struct Sample {
    /// The figure that the measurement is about, in its unit.
    var value: Double
    /// Everything else that was seen, for figures and the results file.
    var details: [String: Double] = [:]

    /// Names the detail that says what share of the machine other programs and the kernel's threads took
    /// meanwhile.
    static let othersShare = "others_share"
}

/// The least, the middle and the largest of several values.
struct Summary {
    let least: Double
    let median: Double
    let largest: Double

    init?(_ values: [Double]) {
        let sorted = values.sorted()
        guard let first = sorted.first, let last = sorted.last else { return nil }
        least = first
        largest = last
        let middle = sorted.count / 2
        median = sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
    }
}
