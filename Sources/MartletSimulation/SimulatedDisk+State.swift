internal import MartletLog

extension SimulatedDisk {
    /// The tree of files, behind the disk's lock.
    struct State {
        typealias Node = Int

        private static let root: Node = 0
        var options: Options
        var faults: [SimulatedFault] = []
        var locks: Set<String> = []
        private var files: [Node: SimulatedFileContents] = [:]
        private var directories: [Node: SimulatedDirectory] = [:]
        private var openCounts: [Node: Int] = [:]
        private var nextNode: Node = 1

        init(_ options: Options) {
            self.options = options
            directories[Self.root] = SimulatedDirectory(tracksDurability: options.tracksDurability)
        }

        var usedByteCount: Int { files.values.reduce(0) { $0 + $1.count } }

        func afterPowerLoss(_ random: inout SeededGenerator) -> State {
            precondition(options.tracksDurability, "this disk does not know what was synced")
            var result = State(options)
            result.nextNode = nextNode
            // In order of their numbers, so that the seed alone decides.
            for (node, directory) in directories.sorted(by: { $0.key < $1.key }) {
                result.directories[node] = directory.afterPowerLoss(
                    &random, inOrder: options.keepsDirectoryOrder)
            }
            for (node, file) in files.sorted(by: { $0.key < $1.key }) {
                result.files[node] = file.afterPowerLoss(&random)
            }
            return result
        }

        // MARK: Paths

        private func resolve(_ path: String) -> Node? {
            var node = Self.root
            for name in path.split(separator: "/") where name != "." {
                guard let next = directories[node]?.current[String(name)] else { return nil }
                node = next
            }
            return node
        }

        /// The directory that holds the path, and the name in it.
        private func locate(
            _ operation: FileSystemError.Operation, _ path: String
        ) throws(FileSystemError) -> (directory: Node, name: String) {
            let parts = path.split(separator: "/").filter { $0 != "." }
            guard let name = parts.last, let directory = resolve(parts.dropLast().joined(separator: "/")),
                directories[directory] != nil
            else { throw .missing(operation, path) }
            return (directory, String(name))
        }

        func kind(of path: String) -> FileKind? {
            guard let node = resolve(path) else { return nil }
            return directories[node] == nil ? .file : .directory
        }

        mutating func check(_ operation: FileSystemError.Operation, _ path: String) throws(FileSystemError) {
            for index in faults.indices where faults[index].strikes(operation, path) {
                throw FileSystemError(operation, path, errno: faults[index].errno)
            }
        }

        // MARK: Directories

        mutating func list(_ path: String) throws(FileSystemError) -> [String] {
            try check(.list, path)
            guard let node = resolve(path), let directory = directories[node] else {
                throw .missing(.list, path)
            }
            return directory.current.keys.sorted()
        }

        mutating func createDirectory(_ path: String) throws(FileSystemError) {
            try check(.createDirectory, path)
            if kind(of: path) == .directory { return }
            let (parent, name) = try locate(.createDirectory, path)
            directories[nextNode] = SimulatedDirectory(tracksDurability: options.tracksDurability)
            directories[parent]?.change(.set(name, nextNode))
            nextNode += 1
        }

        mutating func remove(_ path: String) throws(FileSystemError) {
            try check(.remove, path)
            let (parent, name) = try locate(.remove, path)
            guard let node = resolve(path) else { throw .missing(.remove, path) }
            if let directory = directories[node], !directory.current.isEmpty {
                throw .directoryNotEmpty(path)
            }
            directories[parent]?.change(.remove(name))
            if openCounts[node] == nil { forget(node) }
        }

        mutating func rename(_ path: String, to newPath: String) throws(FileSystemError) {
            try check(.rename, path)
            let (parent, name) = try locate(.rename, path)
            let (newParent, newName) = try locate(.rename, newPath)
            guard let node = resolve(path) else { throw .missing(.rename, path) }
            precondition(parent == newParent, "the simulation renames only within a directory")
            directories[parent]?.change(.rename(name, to: newName, node))
        }

        mutating func syncDirectory(_ path: String) throws(FileSystemError) {
            try check(.syncDirectory, path)
            guard let node = resolve(path), directories[node] != nil else {
                throw .missing(.syncDirectory, path)
            }
            directories[node]?.sync()
        }

        mutating func syncAll(_ path: String) throws(FileSystemError) {
            try check(.sync, path)
            for node in Array(files.keys) { files[node]?.sync() }
            for node in Array(directories.keys) { directories[node]?.sync() }
        }

        // MARK: Files

        mutating func open(_ path: String, _ mode: OpenMode) throws(FileSystemError) -> Node {
            try check(.open, path)
            let (parent, name) = try locate(.open, path)
            if let node = directories[parent]?.current[name] {
                if mode == .replace { files[node]?.resize(to: 0) }
                openCounts[node, default: 0] += 1
                return node
            }
            guard mode == .replace || mode == .createIfMissing else { throw .missing(.open, path) }
            let node = nextNode
            nextNode += 1
            files[node] = SimulatedFileContents(tracksDurability: options.tracksDurability)
            directories[parent]?.change(.set(name, node))
            openCounts[node] = 1
            return node
        }

        mutating func close(_ node: Node) {
            let count = (openCounts[node] ?? 1) - 1
            openCounts[node] = count == 0 ? nil : count
        }

        /// Without durability to track nobody will ever ask for the bytes of a removed file again.
        private mutating func forget(_ node: Node) {
            if !options.tracksDurability { files[node] = nil }
        }

        func byteCount(of node: Node) -> Int { files[node]?.count ?? 0 }

        mutating func read(
            into buffer: UnsafeMutableRawBufferPointer, at position: Int, from node: Node, _ path: String
        ) throws(FileSystemError) -> Int {
            try check(.read, path)
            return files[node]?.read(into: buffer, at: position) ?? 0
        }

        mutating func truncate(_ node: Node, to size: Int, _ path: String) throws(FileSystemError) {
            try check(.truncate, path)
            files[node]?.resize(to: size)
        }

        mutating func write(
            _ bytes: UnsafeRawBufferPointer, at position: Int, to node: Node, _ path: String
        ) throws(FileSystemError) {
            for index in faults.indices where faults[index].strikes(.write, path) {
                let written = bytes.prefix(faults[index].writtenByteCount)
                files[node]?.write(UnsafeRawBufferPointer(rebasing: written), at: position)
                throw FileSystemError(.write, path, errno: faults[index].errno)
            }
            let growth = max(0, position + bytes.count - (files[node]?.count ?? 0))
            if options.capacity < Int.max, growth > options.capacity - usedByteCount {
                let fitting = bytes.prefix(max(0, bytes.count - growth + options.capacity - usedByteCount))
                files[node]?.write(UnsafeRawBufferPointer(rebasing: fitting), at: position)
                throw .outOfSpace(.write, path)
            }
            files[node]?.write(bytes, at: position)
        }

        mutating func sync(_ node: Node, _ path: String) throws(FileSystemError) {
            do throws(FileSystemError) {
                try check(.sync, path)
            } catch {
                files[node]?.failSync()
                throw error
            }
            files[node]?.sync()
        }

        mutating func preallocate(until end: Int, _ node: Node, _ path: String) throws(FileSystemError)
            -> Bool
        {
            guard options.supportsPreallocation else { return false }
            try check(.preallocate, path)
            let growth = max(0, end - (files[node]?.count ?? 0))
            if options.capacity < Int.max, growth > options.capacity - usedByteCount {
                throw .outOfSpace(.preallocate, path)
            }
            if growth > 0 { files[node]?.resize(to: end) }
            return true
        }

        mutating func dropCache(_ node: Node) {
            files[node]?.dropCache()
        }

        mutating func flipBit(_ path: String, at position: Int, bit: Int) throws(FileSystemError) {
            guard let node = resolve(path), position < byteCount(of: node) else {
                throw .missing(.write, path)
            }
            files[node]?.flipBit(at: position, bit: bit)
        }
    }
}
