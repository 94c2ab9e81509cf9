/// The names that documents must mention, read from where the sources declare them.
///
/// Each list lives in one file, as data. A list whose file does not exist yet is empty, and so demands nothing.
enum DocumentedNames {
    /// The broker's list of served APIs: one `ServedAPI(….self …)` or `.serve(….self …)` per line.
    static let servedAPIFile = "Sources/MartletBroker/Handlers/ServedAPIs.swift"

    /// Where configuration keys are declared: every string literal that looks like a key counts.
    static let configurationFiles = [
        "Sources/MartletBroker/Configuration/BrokerConfigKeys.swift",
        "Sources/MartletBroker/Configuration/TopicConfigKeys.swift",
    ]

    /// `Produce` for a line that names `ProduceRequest.self`.
    static func servedAPIs(in repository: Repository) -> [String] {
        guard let file = repository.file(servedAPIFile) else { return [] }
        return file.lines.flatMap { $0.matches(of: /\b([A-Za-z]+)Request\.self/).map { String($0.1) } }
    }

    static func configurationKeys(in repository: Repository) -> Set<String> {
        let lines = configurationFiles.compactMap(repository.file).flatMap(\.lines)
        return Set(
            lines.flatMap { $0.matches(of: /"([a-z][a-z0-9]*(?:[.-][a-z0-9]+)+)"/).map { String($0.1) } })
    }

    /// `log.segment.bytes` for a table row that begins with it in code style.
    static func tableKey(_ line: Substring) -> String? {
        line.prefixMatch(of: /\| *`([a-z0-9.-]+)`/).map { String($0.1) }
    }
}
