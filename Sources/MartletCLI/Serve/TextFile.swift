internal import ArgumentParser
internal import MartletCore
internal import MartletLog

/// Reads whole files of text.
enum TextFile {
    static func read(_ path: String) throws -> String {
        do {
            let file = try PosixFileSystem().open(path, .readOnly)
            let storage = Bytes.Storage(capacity: Int(try file.size()))
            let count = try file.read(into: storage.memory, at: 0)
            return String(decoding: Bytes(storage: storage, start: 0, count: count))
        } catch {
            throw ValidationError("Cannot read \(path): \(error)")
        }
    }
}
