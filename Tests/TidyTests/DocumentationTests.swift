import Testing

@Suite("Documentation")
struct DocumentationTests {
    let repository = Repository()

    var documents: [Repository.File] {
        let top = ["README.md", "CONTRIBUTING.md", "Benchmarks/README.md"].compactMap(repository.file)
        return top + repository.files(in: "docs", suffix: ".md")
    }

    @Test("every link between documents leads somewhere")
    func links() {
        for document in documents {
            let folder = document.path.split(separator: "/").dropLast().joined(separator: "/")
            for (index, line) in prose(of: document) {
                for target in linkTargets(in: line)
                where !target.contains("://") && !target.hasPrefix("mailto:") {
                    let (path, anchor) = split(target)
                    let resolved = path.isEmpty ? document.path : normalized("\(folder)/\(path)")
                    #expect(repository.exists(resolved), "\(document.path):\(index): \(target) leads nowhere")
                    guard !anchor.isEmpty, let destination = repository.file(resolved) else { continue }
                    let anchors = headings(of: destination).map(slug)
                    #expect(anchors.contains(anchor), "\(document.path):\(index): no heading for #\(anchor)")
                }
            }
        }
    }

    @Test("every served API stands in docs/protocol.md")
    func apis() throws {
        let served = DocumentedNames.servedAPIs(in: repository)
        guard !served.isEmpty else { return }
        let text = try #require(repository.file("docs/protocol.md"), "docs/protocol.md is missing")
        for api in served {
            #expect(text.lines.contains { $0.contains(api) }, "docs/protocol.md does not mention \(api)")
        }
    }

    @Test("every configuration key stands in docs/configuration.md, and no other does")
    func configuration() throws {
        let keys = DocumentedNames.configurationKeys(in: repository)
        guard !keys.isEmpty else { return }
        let text = try #require(repository.file("docs/configuration.md"), "docs/configuration.md is missing")
        let documented = Set(text.lines.compactMap(DocumentedNames.tableKey))
        for key in keys.subtracting(documented).sorted() {
            Issue.record("docs/configuration.md has no row for \(key)")
        }
        for key in documented.subtracting(keys).sorted() {
            Issue.record("docs/configuration.md describes \(key), which nothing reads")
        }
    }

    /// Lines with their number, without fenced code.
    private func prose(of document: Repository.File) -> [(Int, Substring)] {
        var isCode = false
        var lines: [(Int, Substring)] = []
        for (index, line) in document.lines.enumerated() {
            if line.hasPrefix("```") {
                isCode.toggle()
            } else if !isCode {
                lines.append((index + 1, line))
            }
        }
        return lines
    }

    private func linkTargets(in line: Substring) -> [String] {
        line.matches(of: /\]\(([^)\s]+)\)/).map { String($0.1) }
    }

    private func split(_ target: String) -> (path: String, anchor: String) {
        let parts = target.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
        return (String(parts[0]), parts.count > 1 ? String(parts[1]) : "")
    }

    private func normalized(_ path: String) -> String {
        var parts: [Substring] = []
        for part in path.split(separator: "/") where part != "." {
            if part == ".." { _ = parts.popLast() } else { parts.append(part) }
        }
        return parts.joined(separator: "/")
    }

    private func headings(of document: Repository.File) -> [Substring] {
        prose(of: document).map(\.1).filter { $0.hasPrefix("#") }.map { $0.drop { $0 == "#" || $0 == " " } }
    }

    /// The anchor that forges derive from a heading.
    private func slug(_ heading: Substring) -> String {
        heading.lowercased().filter { $0.isLetter || $0.isNumber || $0 == " " || $0 == "-" || $0 == "_" }
            .map { $0 == " " ? "-" : String($0) }.joined()
    }
}
