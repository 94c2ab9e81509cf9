/// Which clients a subscription to metrics is for: each selector names something that is known of a client,
/// and the pattern that it must match as a whole.
struct ClientMatch: Sendable, Equatable {
    enum Selector: String, CaseIterable, Sendable {
        case clientInstanceID = "client_instance_id"
        case clientID = "client_id"
        case softwareName = "client_software_name"
        case softwareVersion = "client_software_version"
        case sourceAddress = "client_source_address"
        case sourcePort = "client_source_port"
    }

    private(set) var patterns: [Selector: String] = [:]

    /// Reads `SELECTOR=PATTERN` entries; of one selector the last counts.
    init(_ entries: [String]) throws(ConfigError) {
        for entry in entries {
            let parts = entry.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2,
                let selector = Selector(rawValue: String(parts[0].trimming(while: { $0 == " " })))
            else {
                let known = Selector.allCases.map(\.rawValue).joined(separator: ", ")
                throw ConfigError(
                    "match takes SELECTOR=PATTERN with a selector of \(known), not \"\(entry.prefix(100))\".")
            }
            patterns[selector] = String(parts[1].trimming(while: { $0 == " " }))
        }
    }
}
