import CSupervision
import Glibc

/// What was measured, and how it was asked for: with it somebody else can do the same.
struct Provenance {
    private let arguments: [String]
    /// Of the repository that this package lies in, `-dirty` behind it where files were changed; nil outside
    /// of one.
    private let commit: String?
    private let broker: String?
    private let brokerVersion: String?
    /// When the broker was built, in seconds since 1970: it need not be of this commit.
    private let brokerBuilt: Int?
    private let dataDirectory: String
    private let fileSystem: String?

    init(_ bench: Bench) throws(Failure) {
        let options = bench.options
        arguments = Array(CommandLine.arguments.dropFirst())
        let describe = ["describe", "--always", "--abbrev=40", "--dirty", "--exclude=*"]
        commit = try bench.firstLine(["/usr/bin/env", "git", "-C", options.package] + describe)
        broker = options.broker
        brokerVersion =
            if let broker { try bench.firstLine([broker, "--version"]) } else { nil }
        brokerBuilt = options.broker.flatMap(Self.modificationTime)
        dataDirectory = options.workDirectory
        fileSystem = Self.fileSystem(of: options.workDirectory, in: readText("/proc/self/mounts") ?? "")
    }

    var json: JSON {
        func text(_ value: String?) -> JSON { value.map { .text($0) } ?? .null }
        return .object([
            ("arguments", .list(arguments.map { .text($0) })),
            ("commit", text(commit)),
            ("broker", text(broker)),
            ("broker_version", text(brokerVersion)),
            ("broker_built", brokerBuilt.map { .number(Double($0)) } ?? .null),
            ("data_directory", .text(dataDirectory)),
            ("file_system", text(fileSystem)),
        ])
    }

    private static func modificationTime(of path: String) -> Int? {
        var status = stat()
        return stat(path, &status) == 0 ? status.st_mtim.tv_sec : nil
    }

    /// Kind and device of the file system that a path lies in, by the kernel's list of what is mounted where.
    static func fileSystem(of path: String, in mounts: String) -> String? {
        var found: (place: Substring, text: String)?
        for line in mounts.split(separator: "\n") {
            let fields = line.split(separator: " ")
            guard fields.count > 2 else { continue }
            let place = fields[1] == "/" ? "" : fields[1]
            // Of two at the same place the later one hides the other.
            guard path == place || path.hasPrefix("\(place)/"), place.count >= found?.place.count ?? 0 else {
                continue
            }
            found = (place, "\(fields[2]) on \(fields[0])")
        }
        return found?.text
    }
}

extension Bench {
    /// What a program says first; nil where it cannot be asked.
    fileprivate func firstLine(_ command: [String]) throws(Failure) -> String? {
        let child = try Child(command, processors: 0, supervisor: supervisor)
        do throws(Failure) {
            try child.waitForEnd(alongside: nil, within: 10)
            return child.lines.first
        } catch {
            if case .interrupted = error { throw error }
            return nil
        }
    }
}
