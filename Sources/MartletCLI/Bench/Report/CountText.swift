/// Numbers of things: `1 record`, `2 records`.
enum CountText {
    /// - Parameter noun: A regular one, for a single thing.
    static func text(_ count: some BinaryInteger, _ noun: String) -> String {
        "\(count) \(noun)\(count == 1 ? "" : "s")"
    }
}
