import CSupervision
import Glibc

/// Keeps a large log small on the disk: of each closed segment only the first and the last batches stay.
struct SparseSegments {
    private let pattern: String
    private var done: Set<String> = []

    /// More than the largest batch.
    private static let kept: Int64 = 2 << 20

    init(of partition: String, in dataDirectory: String) {
        pattern = "\(dataDirectory)/\(partition)/*.log"
    }

    /// All segments but the two newest: what they hold may still be on its way to the disk.
    mutating func thin() {
        var found = glob_t()
        defer { globfree(&found) }
        guard glob(pattern, 0, nil, &found) == 0, let paths = found.gl_pathv else { return }
        // Names have twenty digits, and glob sorts them.
        for index in 0..<max(0, Int(found.gl_pathc) - 2) {
            guard let path = paths[index] else { continue }
            let name = String(cString: path)
            if done.contains(name) { continue }
            if supervision_make_sparse(path, Self.kept) == 0 { done.insert(name) }
        }
    }
}
