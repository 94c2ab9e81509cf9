internal import Martlet
internal import MartletLog

/// The segments of one partition, as its directory has them.
struct PartitionFiles {
    /// By the name of the directory; nil if that is no `topic-partition`.
    let partition: TopicPartition?
    let directory: String
    /// Those to look at, in order.
    let segments: [Offset]
    /// The last that there is.
    let lastSegment: Offset

    func path(_ file: SegmentFile, _ segment: Offset) -> String { directory + "/" + file.name(segment) }

    /// Where the segment ends for certain: with the beginning of the next.
    func successor(of segment: Offset) -> Offset? {
        segments.first { $0 > segment }
    }
}

/// Finds the partitions below a path.
struct LogInventory {
    let fileSystem: any FileSystem
    let partitions: [PartitionFiles]

    /// - Parameter path: A `.log` file, the directory of a partition, or a directory of such directories.
    init(_ path: String, _ fileSystem: any FileSystem = PosixFileSystem()) throws {
        self.fileSystem = fileSystem
        let path = Self.withoutSlashes(path)
        guard let kind = try fileSystem.kind(of: path) else { throw CommandFailure("there is no \(path)") }
        if kind == .file {
            partitions = [try Self.partition(ofFile: path, fileSystem)]
            return
        }
        if let partition = try Self.partition(path, fileSystem) {
            partitions = [partition]
            return
        }
        var found: [PartitionFiles] = []
        for name in try fileSystem.list(path) where try fileSystem.kind(of: path + "/" + name) == .directory {
            if let partition = try Self.partition(path + "/" + name, fileSystem) { found.append(partition) }
        }
        guard !found.isEmpty else {
            throw CommandFailure(
                "\(path) holds no log; name a .log file, a partition's directory or a data directory")
        }
        partitions = found
    }

    private static func partition(
        _ directory: String, _ fileSystem: any FileSystem
    ) throws(FileSystemError) -> PartitionFiles? {
        let bases = try segments(directory, fileSystem)
        guard let last = bases.last else { return nil }
        return PartitionFiles(
            partition: topicPartition(directory), directory: directory, segments: bases, lastSegment: last)
    }

    private static func partition(ofFile path: String, _ fileSystem: any FileSystem) throws -> PartitionFiles
    {
        let (directory, name) = split(path)
        guard let (kind, base) = SegmentFile.parse(name), kind == .log else {
            throw CommandFailure("\(path) is no segment; segments are named by 20 digits and .log")
        }
        let last = try segments(directory, fileSystem).last ?? base
        return PartitionFiles(
            partition: topicPartition(directory), directory: directory, segments: [base], lastSegment: last)
    }

    private static func segments(
        _ directory: String, _ fileSystem: any FileSystem
    ) throws(FileSystemError) -> [Offset] {
        try fileSystem.list(directory).compactMap(SegmentFile.parse).filter { $0.kind == .log }
            .map(\.baseOffset).sorted()
    }

    private static func split(_ path: String) -> (directory: String, name: String) {
        guard let slash = path.lastIndex(of: "/") else { return (".", path) }
        let directory = slash == path.startIndex ? "/" : String(path[..<slash])
        return (directory, String(path[path.index(after: slash)...]))
    }

    private static func topicPartition(_ directory: String) -> TopicPartition? {
        let name = split(directory).name
        guard let dash = name.lastIndex(of: "-"),
            let index = PartitionIndex(name[name.index(after: dash)...]),
            index >= 0
        else { return nil }
        return TopicPartition(TopicName(name[..<dash]), index)
    }

    private static func withoutSlashes(_ path: String) -> String {
        var path = path
        while path.count > 1, path.last == "/" { path.removeLast() }
        return path
    }
}
