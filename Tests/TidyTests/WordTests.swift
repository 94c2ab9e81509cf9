import Testing

@Suite("Words")
struct WordTests {
    let repository = Repository()

    var sources: [Repository.File] { repository.files(in: "Sources", suffix: ".swift") }

    var code: [Repository.File] {
        ["Sources", "Tests", "Benchmarks"].flatMap { folder in
            [".swift", ".c", ".h", ".py"].flatMap { repository.files(in: folder, suffix: $0) }
        }
        // This file has to spell the words out.
        .filter { $0.path != "Tests/TidyTests/WordTests.swift" }
    }

    @Test(
        "a type or file is named after what it is, not after being useful",
        arguments: ["Utils", "Utilities", "Helper", "Helpers", "Manager", "Common"]
    )
    func names(word: String) {
        for file in code {
            #expect(!hasWord(word, in: file.stem), "\(file.path): name it after what it holds")
            for (index, line) in file.lines.enumerated() {
                guard let name = declaredType(in: line) else { continue }
                #expect(!hasWord(word, in: name), "\(file.path):\(index + 1): \(name)")
            }
        }
    }

    @Test("nothing is left for later in a comment", arguments: ["TODO", "FIXME", "XXX", "HACK"])
    func markers(word: String) {
        for file in code {
            for (index, line) in file.lines.enumerated() where line.contains(word) {
                // As a word of its own, so that test data may contain the letters.
                let isMarker = line.split { !$0.isLetter }.contains { $0 == word }
                #expect(!isMarker, "\(file.path):\(index + 1): \(word)")
            }
        }
    }

    @Test(
        "input never traps", arguments: ["fatalError(", "try!", "as! ", "unowned(unsafe)", "Task.detached"])
    func traps(word: String) {
        for file in sources {
            for (index, line) in file.lines.enumerated() where withoutComment(line).contains(word) {
                Issue.record("\(file.path):\(index + 1): \(word)")
            }
        }
    }

    /// A comment within this many lines above or below an unchecked promise counts as its proof.
    static let proofDistance = 4

    @Test(
        "each promise that the compiler cannot check comes with its proof",
        arguments: ["@unchecked Sendable", "nonisolated(unsafe)", "-Ounchecked"]
    )
    func unchecked(promise: String) {
        for file in sources {
            for (index, line) in file.lines.enumerated() where withoutComment(line).contains(promise) {
                let from = max(0, index - Self.proofDistance)
                let to = min(file.lines.count - 1, index + Self.proofDistance)
                let isProven = file.lines[from...to].contains { $0.contains("//") }
                #expect(isProven, "\(file.path):\(index + 1): say why \(promise) holds")
            }
        }
    }

    private func hasWord(_ word: String, in name: Substring) -> Bool {
        guard let range = name.range(of: word) else { return false }
        // `Commonly` is not `Common`: the next letter starts another word or there is none.
        return range.upperBound == name.endIndex || !name[range.upperBound].isLowercase
    }

    private func declaredType(in line: Substring) -> Substring? {
        let words = line.split(separator: " ")
        let keywords: Set<Substring> = ["struct", "class", "enum", "actor", "protocol", "typealias"]
        guard let keyword = words.firstIndex(where: keywords.contains), keyword + 1 < words.count else {
            return nil
        }
        guard words[..<keyword].allSatisfy({ $0.first?.isLetter == true || $0.first == "@" }) else {
            return nil
        }
        return words[keyword + 1].prefix { $0.isLetter || $0.isNumber || $0 == "_" }
    }

    private func withoutComment(_ line: Substring) -> Substring {
        guard let comment = line.range(of: "//") else { return line }
        return line[..<comment.lowerBound]
    }
}

extension Substring {
    /// The first place of `needle`; the standard library's own search came with regular expressions and is
    /// slower.
    fileprivate func range(of needle: String) -> Range<Index>? {
        firstRange(of: needle)
    }
}
