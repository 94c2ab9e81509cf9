internal import Martlet

#if canImport(Darwin)
    internal import Darwin
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Glibc
#endif

/// Files of offsets: JSON with an object for each line, or `topic,partition,offset` as Kafka's own tool has
/// it (with a group in front, if there are several). Without an offset, what is stored is forgotten.
enum OffsetFile {
    /// Larger than any list of offsets.
    private static let maximumByteCount = 256 << 20

    /// Writes what is stored now.
    static func write(_ offsets: [PlannedOffset], group: GroupID, to path: String) throws {
        var output = OutputBuffer(capacity: 64 << 10)
        let isCSV = path.hasSuffix(".csv")
        for planned in offsets {
            if isCSV {
                let partition = planned.partition
                output.append(
                    "\(partition.topic),\(partition.partition),\(planned.current?.description ?? "")\n")
            } else {
                output.line { json in
                    json.field("group", group.rawValue)
                    json.field("topic", planned.partition.topic.rawValue)
                    json.field("partition", planned.partition.partition)
                    json.field("offset", planned.current?.rawValue)
                }
            }
        }
        // Not over an older file: it may be the only way back.
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else {
            if errno == EEXIST {
                throw CommandFailure("\(path) exists; name another file for --export, or move it away")
            }
            throw StreamError.failed(operation: "create", name: path, errno: errno)
        }
        defer { close(descriptor) }
        try output.withBytes { bytes in try Descriptor.write(bytes, to: descriptor) }
        guard fsync(descriptor) == 0 else {
            throw StreamError.failed(operation: "write to", name: path, errno: errno)
        }
    }

    static func read(_ path: String, group: GroupID) throws -> [TopicPartition: Offset?] {
        let descriptor = try Descriptor.openForReading(path)
        defer { close(descriptor) }
        var contents: [UInt8] = []
        let block = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 16)
        defer { block.deallocate() }
        while true {
            let count = try Descriptor.read(descriptor, into: block, name: path)
            if count == 0 { break }
            contents += block[..<count]
            guard contents.count <= maximumByteCount else {
                throw CommandFailure("\(path) is too large for a list of offsets")
            }
        }
        return try parse(String(decoding: contents, as: UTF8.self), name: path, group: group)
    }

    static func parse(
        _ text: String, name: String, group: GroupID
    ) throws(CommandFailure) -> [TopicPartition: Offset?] {
        var offsets: [TopicPartition: Offset?] = [:]
        let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        for (index, line) in lines.enumerated() {
            let line = String(line)
            if line.allSatisfy(\.isWhitespace) || line.first == "#" { continue }
            do throws(JSONProblem) {
                let entry = line.first == "{" ? try entry(json: line) : try entry(csv: line)
                // A file of several groups is read as far as it is about this one.
                if let named = entry.group, named != group { continue }
                offsets.updateValue(entry.offset, forKey: entry.partition)
            } catch {
                throw CommandFailure("\(name), line \(index + 1): \(error.message)")
            }
        }
        return offsets
    }

    private struct Entry {
        var group: GroupID?
        var partition: TopicPartition
        var offset: Offset?
    }

    private static func entry(csv line: String) throws(JSONProblem) -> Entry {
        var fields = line.split(separator: ",", omittingEmptySubsequences: false).map { field in
            String(field.drop(while: \.isWhitespace).filter { $0 != "\"" })
        }
        let group: GroupID? = fields.count == 4 ? GroupID(fields.removeFirst()) : nil
        guard fields.count == 3, TopicName(fields[0]).isValid, let index = PartitionIndex(fields[1]),
            index >= 0
        else { throw JSONProblem("write topic,partition,offset") }
        let isForgotten = fields[2].isEmpty || fields[2] == "-"
        guard isForgotten || Int64(fields[2]).map({ $0 >= 0 }) == true else {
            throw JSONProblem("\"\(fields[2])\" is no offset; leave it empty to forget what is stored")
        }
        return Entry(
            group: group, partition: TopicPartition(TopicName(fields[0]), index),
            offset: Int64(fields[2]).map { Offset(rawValue: $0) })
    }

    private static func entry(json line: String) throws(JSONProblem) -> Entry {
        var cursor = JSONCursor(Bytes(line))
        var group: String?
        var topic: String?
        var index: Int64?
        var offset: Int64?
        try cursor.forEachField { name, cursor throws(JSONProblem) in
            switch name {
            case "group": group = try cursor.bytesOrNull().map { String(decoding: $0) }
            case "topic": topic = try cursor.bytesOrNull().map { String(decoding: $0) }
            case "partition": index = try cursor.integer()
            case "offset":
                guard let bytes = try cursor.bytesOrNull() else { return }
                guard let number = Int64(String(decoding: bytes)), number >= 0 else {
                    throw JSONProblem("an offset is a number from 0, or null to forget what is stored")
                }
                offset = number
            default: try cursor.skipValue()
            }
        }
        try cursor.expectEnd()
        guard let topic, TopicName(topic).isValid, let index, let partition = PartitionIndex(exactly: index),
            partition >= 0
        else { throw JSONProblem("\"topic\" and \"partition\" are needed") }
        return Entry(
            group: group.map { GroupID($0) }, partition: TopicPartition(TopicName(topic), partition),
            offset: offset.map { Offset(rawValue: $0) })
    }
}
