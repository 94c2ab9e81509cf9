import MartletCore
import MartletTesting
import MartletWire
import Testing

@testable import MartletBroker

@Suite("The documents say what the broker has")
struct DocumentedSettingsTests {
    /// The document's text, by its path from the top of the repository.
    private static func document(_ path: String) throws -> String {
        let top = #filePath.split(separator: "/").dropLast(4).joined(separator: "/")
        return try readText("/\(top)/\(path)")
    }

    private static func values(of key: ConfigKey) -> String {
        switch key.kind {
        case .boolean: "true, false"
        case .int32(let range): Self.range(range.lowerBound, range.upperBound, Int32.max)
        case .int64(let range): Self.range(range.lowerBound, range.upperBound, Int64.max)
        case .int32Or(let special, let range):
            "\(special), \(Self.range(range.lowerBound, range.upperBound, Int32.max))"
        case .double(let range): "\(range.lowerBound)…\(range.upperBound)"
        case .string: "text"
        case .choice(let words): words.joined(separator: ", ")
        case .texts: "list"
        case .list(let words): "list of \(words.joined(separator: ", "))"
        }
    }

    private static func range<Number: Comparable>(_ lower: Number, _ upper: Number, _ largest: Number)
        -> String
    {
        upper == largest ? "\(lower)…" : "\(lower)…\(upper)"
    }

    private static func row(_ key: ConfigKey) -> String {
        let value = key.defaultValue.map { "`\($0)`" } ?? "–"
        let effect = key.isInEffect ? "" : " *No effect yet.*"
        return "| `\(key.name)` | \(values(of: key)) | \(value) | \(key.summary)\(effect) |"
    }

    @Test(
        "docs/configuration.md has a row for each setting",
        arguments: [
            BrokerConfigKeys.all, TopicConfigKeys.all, GroupConfigKeys.all, ClientMetricsConfigKeys.all,
        ])
    func settings(keys: [ConfigKey]) throws {
        let text = try Self.document("docs/configuration.md")
        for key in keys where !text.contains(Self.row(key)) {
            Issue.record("docs/configuration.md lacks this row:\n\(Self.row(key))")
        }
    }

    @Test("docs/configuration.md names each setting of the broker that can be changed while it runs")
    func dynamicSettings() throws {
        let text = try Self.document("docs/configuration.md")
        let section = text.split(separator: "\n## ").first { $0.hasPrefix("While the broker runs") } ?? ""
        for name in BrokerConfigKeys.dynamicNames.sorted() where !section.contains("`\(name)`") {
            Issue.record("docs/configuration.md does not name \(name) in \"While the broker runs\".")
        }
    }

    @Test("docs/protocol.md has a row for each API, with the versions that clients are told")
    func apis() async throws {
        let text = try Self.document("docs/protocol.md")
        try await withBroker { broker in
            let answer = try await Peer.connect(to: broker).send(ApiVersionsRequest.named("test"))
            #expect(!answer.apis.isEmpty)
            for api in answer.apis {
                let row = "| \(api.key.rawValue) | \(api.key) | \(api.minVersion)–\(api.maxVersion) |"
                if !text.contains(row) { Issue.record("docs/protocol.md lacks a row that begins:\n\(row)") }
            }
        }
    }
}

extension ApiVersionsRequest {
    fileprivate static func named(_ name: String) -> ApiVersionsRequest {
        var request = ApiVersionsRequest()
        request.clientSoftwareName = name
        request.clientSoftwareVersion = "1"
        return request
    }
}
