import Glibc

/// The files of a partition that are written no more: all but those of the newest segment.
struct SealedFiles {
    /// What they take on the disk, indexes included.
    private(set) var bytes = 0
    /// Offsets they stand for.
    private(set) var records = 0
    private(set) var segments = 0

    private static let kinds: Set<Substring> = ["log", "index", "timeindex", "snapshot", "txnindex", "seal"]

    init(of partition: String, in dataDirectory: String) throws(Failure) {
        var found = glob_t()
        defer { globfree(&found) }
        guard glob("\(dataDirectory)/\(partition)/*", 0, nil, &found) == 0, let paths = found.gl_pathv else {
            throw .failed("there are no files of \(partition)")
        }
        var files: [(base: Int, kind: Substring, bytes: Int)] = []
        for index in 0..<Int(found.gl_pathc) {
            guard let path = paths[index] else { continue }
            let name = String(cString: path).split(separator: "/").last?.split(separator: ".") ?? []
            // Others stand for nothing that is read: they are about to be removed, or not complete yet.
            guard name.count == 2, let base = Int(name[0]), Self.kinds.contains(name[1]) else { continue }
            var status = stat()
            guard stat(path, &status) == 0 else { continue }
            files.append((base, name[1], Int(status.st_blocks) * 512))
        }
        records = files.filter { $0.kind == "log" }.map(\.base).max() ?? 0
        for file in files where file.base < records {
            bytes += file.bytes
            segments += file.kind == "log" ? 1 : 0
        }
    }
}
