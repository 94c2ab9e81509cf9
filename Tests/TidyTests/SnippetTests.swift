import Testing

/// Documentation that does not compile is worse than none: each piece of Swift in it has to stand, line by
/// line, in a file that is compiled: those of Tests/ExampleTests and Sources/Examples.
@Suite("Swift in the documentation")
struct SnippetTests {
    let repository = Repository()

    @Test("every piece of Swift in a document stands in a compiled file")
    func documents() {
        let compiled = self.compiled
        for document in allDocuments {
            for snippet in fencedSnippets(of: document) where !stands(snippet, in: compiled) {
                Issue.record(
                    "\(document.path):\(snippet.line): no file of Tests/ExampleTests/Snippets holds this Swift"
                )
            }
        }
    }

    @Test(
        "every example in a doc comment stands in a compiled file",
        arguments: ["Martlet", "MartletTesting"])
    func docComments(module: String) {
        let compiled = self.compiled
        for file in repository.files(in: "Sources/\(module)", suffix: ".swift") {
            for snippet in commentedSnippets(of: file) where !stands(snippet, in: compiled) {
                Issue.record(
                    "\(file.path):\(snippet.line): no file of Tests/ExampleTests/Snippets holds this example")
            }
        }
    }

    // MARK: Where to look

    private var allDocuments: [Repository.File] {
        ["README.md", "CONTRIBUTING.md"].compactMap(repository.file)
            + repository.files(in: "docs", suffix: ".md") + repository.files(in: "Sources", suffix: ".md")
    }

    private var compiled: CompiledLines {
        CompiledLines(
            ["Tests/ExampleTests", "Sources/Examples"].flatMap { folder in
                repository.files(in: folder, suffix: ".swift")
            })
    }

    // MARK: What to look for

    private struct Snippet {
        /// Of its first line, counted from 1.
        let line: Int
        let text: [Substring]
    }

    /// The blocks between "```swift" and "```".
    private func fencedSnippets(of document: Repository.File) -> [Snippet] {
        var snippets: [Snippet] = []
        var begin: Int?
        for (index, line) in document.lines.enumerated() {
            if line == "```swift" {
                begin = index + 1
            } else if line == "```", let first = begin {
                snippets.append(Snippet(line: first + 1, text: Array(document.lines[first..<index])))
                begin = nil
            }
        }
        return snippets
    }

    /// The blocks that are indented by four, after an empty line, in the doc comments of what is public.
    private func commentedSnippets(of file: Repository.File) -> [Snippet] {
        var snippets: [Snippet] = []
        var comment: [(line: Int, text: Substring)] = []
        for (index, line) in file.lines.enumerated() {
            let trimmed = line.drop { $0 == " " }
            if trimmed.hasPrefix("///") {
                comment.append((index + 1, trimmed.dropFirst(3)))
            } else if !trimmed.hasPrefix("@") {
                let isPublic = trimmed.hasPrefix("public ") || trimmed.hasPrefix("extension ")
                if isPublic { snippets += indentedBlocks(in: comment) }
                comment = []
            }
        }
        return snippets
    }

    private func indentedBlocks(in comment: [(line: Int, text: Substring)]) -> [Snippet] {
        var snippets: [Snippet] = []
        var block: [(line: Int, text: Substring)] = []
        func end() {
            // Empty lines separate the parts of a block; behind the last they do not belong to it.
            while block.last?.text.isEmpty == true { block.removeLast() }
            if let first = block.first {
                snippets.append(Snippet(line: first.line, text: block.map { $0.text.dropFirst(5) }))
            }
            block = []
        }
        var followsEmptyLine = false
        for line in comment {
            let isIndented = line.text.hasPrefix("     ")
            if isIndented ? !block.isEmpty || followsEmptyLine : line.text.isEmpty && !block.isEmpty {
                block.append(line)
            } else {
                end()
            }
            followsEmptyLine = line.text.isEmpty
        }
        end()
        return snippets
    }

    // MARK: Looking

    private func stands(_ snippet: Snippet, in compiled: CompiledLines) -> Bool {
        guard let first = snippet.text.first else { return true }
        let indentation = first.prefix { $0 == " " }.count
        return compiled.places[first.dropFirst(indentation), default: []].contains { place in
            let lines = compiled.files[place.file].lines[place.line...]
            guard let line = lines.first, lines.count >= snippet.text.count else { return false }
            let margin = line.prefix { $0 == " " }.count - indentation
            guard margin >= 0 else { return false }
            let padding = String(repeating: " ", count: margin)
            return zip(snippet.text, lines).allSatisfy { wanted, line in
                wanted.isEmpty ? line.isEmpty : line == padding + wanted
            }
        }
    }
}

/// The lines of the compiled files, and where each stands.
private struct CompiledLines {
    struct Place {
        let file: Int
        let line: Int
    }

    let files: [Repository.File]
    /// By the text of the line without its indentation.
    private(set) var places: [Substring: [Place]] = [:]

    init(_ files: [Repository.File]) {
        self.files = files
        for (file, lines) in files.map(\.lines).enumerated() {
            for (line, text) in lines.enumerated() {
                places[text.drop { $0 == " " }, default: []].append(Place(file: file, line: line))
            }
        }
    }
}
