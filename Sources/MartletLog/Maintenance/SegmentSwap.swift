internal import MartletCore
internal import MartletRecords

/// Puts one new segment in the place of one or more old ones, so that a crash at any point leaves either
/// those or this.
///
/// The new files are written under names that end in `.cleaned`, and synced. They count from the moment when
/// the `.log` among them is renamed to `.swap`; a start that finds such a file goes on from there. Then the
/// files of old segments become `.deleted`, and the new ones take their names, the `.log` last.
struct SegmentSwap {
    static let cleanedSuffix = ".cleaned"
    static let swapSuffix = ".swap"
    static let deletedSuffix = ".deleted"

    private let directory: String
    private let fileSystem: any FileSystem

    init(_ directory: String, _ fileSystem: any FileSystem) {
        self.directory = directory
        self.fileSystem = fileSystem
    }

    /// A segment consists of these; a snapshot tells about the producers at its start, and stays.
    private static let kinds: [SegmentFile] = [.index, .timeindex, .txnindex, .seal, .damaged]

    /// Makes ready what belongs to the `.cleaned` log, but not yet the log itself.
    func prepare(_ base: Offset) throws(FileSystemError) {
        for kind in Self.kinds {
            try renameIfPresent(kind.name(base) + Self.cleanedSuffix, to: kind.name(base) + Self.swapSuffix)
        }
        try fileSystem.syncDirectory(directory)
    }

    /// Makes the new segment count. If this fails, nothing has changed.
    func commit(_ base: Offset) throws(FileSystemError) {
        let log = SegmentFile.log.name(base)
        try rename(log + Self.cleanedSuffix, to: log + Self.swapSuffix)
    }

    /// Moves the old segments away and the new one into place. Can be repeated until it succeeds.
    ///
    /// - Returns: Files that have another name now, and can be deleted.
    func finish(_ base: Offset, replacing old: [Offset]) throws(FileSystemError) -> [String] {
        // From here on a power cut leaves the new segment; so the old ones may go.
        try fileSystem.syncDirectory(directory)
        var discarded: [String] = []
        for offset in old where offset != base {
            discarded += try discard(offset)
            try fileSystem.removeIfPresent(join(directory, SegmentFile.snapshot.name(offset)))
        }
        // None of them may come back beside the new one.
        if old.count > 1 { try fileSystem.syncDirectory(directory) }
        // These replace what stands there; who has that open goes on reading it.
        for kind in Self.kinds {
            try renameIfPresent(kind.name(base) + Self.swapSuffix, to: kind.name(base))
        }
        // While the log has its temporary name, a start does all this again.
        try fileSystem.syncDirectory(directory)
        try renameIfPresent(SegmentFile.log.name(base) + Self.swapSuffix, to: SegmentFile.log.name(base))
        try fileSystem.syncDirectory(directory)
        return discarded
    }

    /// Gives the files of a segment another name, under which they can be deleted later. The directory is not
    /// synced.
    func discard(_ base: Offset) throws(FileSystemError) -> [String] {
        let log = SegmentFile.log.name(base)
        guard try renameIfPresent(log, to: log + Self.deletedSuffix) else { return [] }
        var discarded = [join(directory, log + Self.deletedSuffix)]
        // The segment is gone. What is left of it means nothing any more, and goes at the next start at the
        // latest.
        for name in Self.kinds.map({ $0.name(base) }) {
            guard (try? renameIfPresent(name, to: name + Self.deletedSuffix)) == true else { continue }
            discarded.append(join(directory, name + Self.deletedSuffix))
        }
        return discarded
    }

    /// Removes what was written of a segment that is not wanted after all.
    func abandon(_ base: Offset) throws(FileSystemError) {
        for kind in SegmentFile.allCases {
            try fileSystem.removeIfPresent(join(directory, kind.name(base) + Self.cleanedSuffix))
        }
    }

    private func rename(_ name: String, to newName: String) throws(FileSystemError) {
        try fileSystem.rename(join(directory, name), to: join(directory, newName))
    }

    @discardableResult
    private func renameIfPresent(_ name: String, to newName: String) throws(FileSystemError) -> Bool {
        do throws(FileSystemError) {
            try rename(name, to: newName)
            return true
        } catch {
            guard error.isMissing else { throw error }
            return false
        }
    }
}

extension SegmentSwap {
    /// Finishes, at a start, the swaps that a crash has interrupted.
    ///
    /// - Parameter names: What is in the directory.
    /// - Returns: Whether anything was changed.
    func finishInterrupted(_ names: Set<String>) throws(SegmentError) -> Bool {
        let logs = names.compactMap(SegmentFile.parse).filter { $0.kind == .log }.map(\.baseOffset).sorted()
        var isChanged = false
        for name in names.sorted() where name.hasSuffix(Self.swapSuffix) {
            guard let (kind, base) = SegmentFile.parse(String(name.dropLast(Self.swapSuffix.count))) else {
                continue
            }
            isChanged = true
            do throws(FileSystemError) {
                guard kind == .log || names.contains(SegmentFile.log.name(base) + Self.swapSuffix) else {
                    // Either the swap did not come to count, or all but this was done and it is in place.
                    try fileSystem.removeIfPresent(join(directory, name))
                    continue
                }
            } catch {
                throw .storage(error)
            }
            guard kind == .log else { continue }
            let end = try endOffset(of: base, name)
            let old = logs.filter { $0 >= base && $0 < end }
            do throws(FileSystemError) {
                for path in try finish(base, replacing: old) {
                    try fileSystem.removeIfPresent(path)
                }
            } catch {
                throw .storage(error)
            }
        }
        return isChanged
    }

    /// Where the new segment ends, and with it the last of those that it replaces.
    private func endOffset(of base: Offset, _ name: String) throws(SegmentError) -> Offset {
        let file: any LogFile
        let seal: SegmentSeal?
        let size: Int64
        do throws(FileSystemError) {
            let sealName = SegmentFile.seal.name(base) + Self.swapSuffix
            seal = try fileSystem.contents(of: join(directory, sealName))?.withUnsafeBytes {
                SegmentSeal(decoding: $0)
            }
            file = try fileSystem.open(join(directory, name), .readOnly)
            size = try file.size()
        } catch {
            throw .storage(error)
        }
        if let seal, seal.baseOffset == base, seal.byteCount == size { return seal.nextOffset }
        // Another broker's, or the seal is in its place already.
        var end = base
        var scan = HeaderScan(file, from: 0, to: size)
        while let batch = try scan.next() { end = batch.header.nextOffset }
        return end
    }
}
