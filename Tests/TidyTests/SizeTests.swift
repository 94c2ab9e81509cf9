import Testing

@Suite("Sizes")
struct SizeTests {
    let repository = Repository()

    /// Files that may be longer, and why.
    static let longFiles: [String: String] = [:]

    /// Files whose lines may be wider, and why.
    static let wideFiles = [
        "Tests/MartletRecordsTests/ClientBatch.swift": "Bytes of real clients, a line each."
    ]

    @Test(
        "no file outgrows what one reads in a sitting",
        arguments: [("Sources", 400), ("Tests", 600), ("Benchmarks", 600)]
    )
    func lines(folder: String, limit: Int) {
        for file in repository.files(in: folder, suffix: ".swift") where Self.longFiles[file.path] == nil {
            #expect(
                file.lines.count <= limit, "\(file.path) has \(file.lines.count) lines: give it a second file"
            )
        }
    }

    @Test("no line is wider than 110 columns", arguments: [".swift", ".c", ".h", ".py"])
    func columns(suffix: String) {
        let files = ["Sources", "Tests", "Benchmarks"].flatMap { repository.files(in: $0, suffix: suffix) }
        for file in files where Self.wideFiles[file.path] == nil {
            for (index, line) in file.lines.enumerated() where line.utf8.count > 110 && line.count > 110 {
                // A message that stands alone on its line may run on: in pieces nobody would find it again.
                let isMessage = line.drop { $0 == " " }.hasPrefix("\"")
                #expect(isMessage, "\(file.path):\(index + 1) has \(line.count) columns")
            }
        }
    }

    @Test("each exception still names a file")
    func exceptions() {
        for path in Array(Self.longFiles.keys) + Array(Self.wideFiles.keys) {
            #expect(repository.exists(path), "\(path) is gone: take it off the list")
        }
    }

    @Test("the tidy tests see the sources at all")
    func sources() {
        #expect(repository.files(in: "Sources", suffix: ".swift").count > 5)
        #expect(repository.file("Package.swift") != nil)
    }
}
