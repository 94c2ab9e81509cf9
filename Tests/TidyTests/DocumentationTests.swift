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
