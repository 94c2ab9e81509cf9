/// The names that documents must mention, read from where the sources declare them.
///
/// Each list is data in one place; if that place moves, the lists come out empty, and a test says so.
enum DocumentedNames {
    static let servedAPIFile = "Sources/MartletBroker/Handlers/ServedAPIs.swift"

    static let configurationFiles = [
        "Sources/MartletBroker/Configuration/BrokerConfigKeys.swift",
        "Sources/MartletBroker/Configuration/TopicConfigKeys.swift",
    ]

    /// `Produce` for `ServedAPI(ProduceHandler(…`.
    static func servedAPIs(in repository: Repository) -> Set<String> {
        let lines = repository.file(servedAPIFile)?.lines ?? []
        return Set(lines.flatMap { $0.matches(of: /ServedAPI\(([A-Za-z]+)Handler\(/).map { spelled($0.1) } })
    }

    /// `log.segment.bytes` for `ConfigKey("log.segment.bytes"`, on one line or on two.
    static func configurationKeys(in repository: Repository) -> Set<String> {
        let texts = configurationFiles.compactMap(repository.file).map { $0.lines.joined(separator: "\n") }
        return Set(texts.flatMap { $0.matches(of: /ConfigKey\(\s*"([^"]+)"/).map { String($0.1) } })
    }

    /// `Produce` for a row `| 0 | Produce | …`.
    static func documentedAPI(_ line: Substring) -> String? {
        line.prefixMatch(of: /\| *\d+ *\| *([A-Za-z]+) *\|/).map { String($0.1) }
    }

    /// `log.segment.bytes` for a row that begins with it in code style.
    static func documentedKey(_ line: Substring) -> String? {
        line.prefixMatch(of: /\| *`([a-z0-9.-]+)`/).map { String($0.1) }
    }

    /// The protocol writes `Id` where Swift has `ID`.
    private static func spelled(_ name: Substring) -> String {
        name.hasSuffix("ID") ? name.dropLast(2) + "Id" : String(name)
    }
}
