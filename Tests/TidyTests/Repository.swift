#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// The files of the repository this test was built from.
struct Repository {
    /// One text file: its path from the root of the repository, and its lines.
    struct File {
        let path: String
        let lines: [Substring]

        /// `MartletLog` of `Sources/MartletLog/Segment.swift`; empty elsewhere.
        var target: Substring {
            let parts = path.split(separator: "/")
            return parts.count > 2 && parts[0] == "Sources" ? parts[1] : ""
        }

        /// `Segment` of `Sources/MartletLog/Segment.swift`.
        var stem: Substring {
            let name = path.split(separator: "/").last ?? ""
            return name.prefix { $0 != "." }
        }
    }

    let root: String

    init() {
        // Tests/TidyTests/Repository.swift: three steps up.
        root = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3).joined(
            separator: "/")
    }

    /// Every file below `folder` whose name ends in `suffix`, in a stable order; none if there is no such
    /// folder.
    func files(in folder: String, suffix: String) -> [File] {
        paths(in: folder).filter { $0.hasSuffix(suffix) }.sorted().compactMap(file)
    }

    func file(_ path: String) -> File? {
        guard let text = read(path) else { return nil }
        return File(path: path, lines: text.split(separator: "\n", omittingEmptySubsequences: false))
    }

    func exists(_ path: String) -> Bool {
        access("\(root)/\(path)", F_OK) == 0
    }

    private func paths(in folder: String) -> [String] {
        guard let directory = opendir("\(root)/\(folder)") else { return [] }
        defer { closedir(directory) }
        var found: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            // Hidden folders hold build products and other people's files.
            guard !name.hasPrefix(".") else { continue }
            let path = "\(folder)/\(name)"
            found += isDirectory(path) ? paths(in: path) : [path]
        }
        return found
    }

    private func isDirectory(_ path: String) -> Bool {
        var status = stat()
        return lstat("\(root)/\(path)", &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    private func read(_ path: String) -> String? {
        guard let file = fopen("\(root)/\(path)", "r") else { return nil }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while case let count = fread(&buffer, 1, buffer.count, file), count > 0 {
            bytes += buffer[..<count]
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
