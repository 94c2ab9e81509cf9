import Glibc

/// What the system says about an error number.
func systemMessage(_ code: Int32) -> String {
    strerror(code).map { String(cString: $0) } ?? "error \(code)"
}

/// A variable of the environment, where it is set and not empty.
func environment(_ name: String) -> String? {
    guard let value = getenv(name).map({ String(cString: $0) }), !value.isEmpty else { return nil }
    return value
}

/// The text of a small file, or nil where it cannot be read.
func readText(_ path: String) -> String? {
    guard let file = fopen(path, "re") else { return nil }
    defer { fclose(file) }
    var text: [UInt8] = []
    var block = [UInt8](repeating: 0, count: 16 << 10)
    while case let count = fread(&block, 1, block.count, file), count > 0 {
        text.append(contentsOf: block[..<count])
    }
    return String(decoding: text, as: UTF8.self)
}

/// Replaces a file's content.
func writeText(_ text: String, to path: String) throws(Failure) {
    guard let file = fopen(path, "we") else { throw .system("cannot write \(path)", errno) }
    let bytes = Array(text.utf8)
    let written = fwrite(bytes, 1, bytes.count, file)
    guard fclose(file) == 0, written == bytes.count else { throw .system("cannot write \(path)", errno) }
}

/// Makes a directory with those above it.
func makeDirectory(_ path: String) throws(Failure) {
    var made = path.hasPrefix("/") ? "/" : ""
    for part in path.split(separator: "/") {
        made += "\(part)/"
        if mkdir(made, 0o755) != 0 && errno != EEXIST { throw .system("cannot make \(made)", errno) }
    }
}
