import Testing

@Suite("Imports")
struct ImportTests {
    let repository = Repository()

    /// What each target may import besides the C library: the arrows of docs/architecture.md, pointing down
    /// only.
    static let allowed: [String: Set<String>] = [
        "CCRC32C": [],
        "MartletCore": ["CCRC32C"],
        "MartletWire": ["MartletCore"],
        "MartletRecords": ["MartletCore", "CZlib", "CLZ4", "CZstd", "CSnappy"],
        "MartletLog": ["MartletCore", "MartletRecords"],
        "MartletSimulation": ["MartletCore", "MartletLog"],
        "MartletCoordination": ["MartletCore", "MartletWire", "MartletRecords", "CPCRE2"],
        "MartletTransport": network.union(["MartletCore", "MartletWire", "NIOSSL", "NIOTLS"]),
        "MartletBroker": network.union([
            "MartletCore", "MartletWire", "MartletRecords", "MartletLog", "MartletCoordination",
            "MartletTransport", "ServiceLifecycle", "DequeModule", "Metrics",
        ]),
        "Martlet": network.union([
            "MartletCore", "MartletWire", "MartletRecords", "MartletTransport", "ServiceLifecycle",
            "DequeModule", "Metrics", "Tracing", "NIOSSL", "Crypto",
        ]),
        // The only one that needs Foundation (docs/decisions/0013-json-apart.md).
        "MartletJSON": ["Martlet", "MartletCore", "Foundation", "FoundationEssentials"],
        "MartletTesting": [
            "Martlet", "MartletBroker", "MartletCore", "MartletLog", "MartletSimulation", "MartletRecords",
            "ServiceLifecycle", "Logging",
        ],
        "Examples": [
            "Martlet", "MartletJSON", "ArgumentParser", "Logging", "ServiceLifecycle", "UnixSignals",
        ],
        "MartletCLI": [
            "Martlet", "MartletBroker", "MartletCore", "MartletLog", "MartletRecords", "ArgumentParser",
            "Logging", "ServiceLifecycle", "UnixSignals", "Histogram",
        ],
    ]

    static let network: Set<String> = ["NIOCore", "NIOPosix", "NIOConcurrencyHelpers", "Logging"]

    static let everywhere: Set<String> = ["Glibc", "Musl", "Darwin", "Synchronization", "Dispatch"]

    @Test("each target imports only what lies below it")
    func arrows() {
        for file in repository.files(in: "Sources", suffix: ".swift") {
            guard let allowed = Self.allowed[String(file.target)] else {
                Issue.record("\(file.path): say in ImportTests what \(file.target) may import")
                continue
            }
            for (index, line) in file.lines.enumerated() {
                guard let module = importedModule(line) else { continue }
                let isAllowed = allowed.contains(module) || Self.everywhere.contains(module)
                #expect(isAllowed, "\(file.path):\(index + 1): \(file.target) must not import \(module)")
            }
        }
    }

    @Test("Foundation is nowhere but where JSON is", arguments: ["Sources", "Tests", "Benchmarks"])
    func foundation(folder: String) {
        for file in repository.files(in: folder, suffix: ".swift") where file.target != "MartletJSON" {
            for (index, line) in file.lines.enumerated() {
                let module = importedModule(line) ?? ""
                #expect(!module.hasPrefix("Foundation"), "\(file.path):\(index + 1): \(module)")
            }
        }
    }

    /// `NIOCore` of `package import struct NIOCore.ByteBuffer`.
    private func importedModule(_ line: Substring) -> String? {
        let words = line.split(separator: " ")
        guard let position = words.firstIndex(of: "import"), words[..<position].allSatisfy(isModifier) else {
            return nil
        }
        let kinds: Set<Substring> = [
            "struct", "class", "enum", "protocol", "func", "var", "let", "typealias",
        ]
        let rest = words[(position + 1)...].drop(while: kinds.contains)
        return rest.first.map { String($0.prefix { $0 != "." }) }
    }

    private func isModifier(_ word: Substring) -> Bool {
        word.hasPrefix("@") || ["public", "package", "internal", "fileprivate", "private"].contains(word)
    }
}
