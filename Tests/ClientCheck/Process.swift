#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// Ends the program.
func leave(_ code: Int32) -> Never {
    fflush(nil)
    exit(code)
}

/// Resident memory of this process in KiB; nil where there is no /proc.
func residentKiB() -> Int? {
    guard let file = fopen("/proc/self/status", "r") else { return nil }
    defer { fclose(file) }
    var line = [CChar](repeating: 0, count: 256)
    while fgets(&line, Int32(line.count), file) != nil {
        let text = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        guard text.hasPrefix("VmRSS:") else { continue }
        return Int(text.drop { !$0.isNumber }.prefix { $0.isNumber })
    }
    return nil
}

/// Names in a directory such as /proc/self/fd, less the one that looking takes.
func entryCount(of directory: String) -> Int? {
    guard let handle = opendir(directory) else { return nil }
    defer { closedir(handle) }
    var count = 0
    while readdir(handle) != nil { count += 1 }
    return count - 3
}

/// What the process uses of the machine at one moment.
struct ProcessSample {
    let memoryKiB: Int
    let descriptors: Int
    let threads: Int

    static func take() -> ProcessSample {
        ProcessSample(
            memoryKiB: residentKiB() ?? 0, descriptors: entryCount(of: "/proc/self/fd") ?? 0,
            threads: entryCount(of: "/proc/self/task") ?? 0)
    }

    var json: String {
        "{\"rssKiB\": \(memoryKiB), \"descriptors\": \(descriptors), \"threads\": \(threads)}"
    }
}
