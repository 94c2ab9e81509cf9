internal import Martlet
internal import MartletLog

/// Something that `martlet log verify` has to say about a file.
struct LogFinding: Equatable {
    enum Severity: String {
        /// Records or the means to find them are damaged.
        case problem
        /// Odd, and harmless: the next start of a broker puts it right.
        case note
    }

    var severity: Severity
    var file: String
    /// Bytes from the beginning of the file, where that says something.
    var position: Int64?
    var message: String
    /// What is damaged, where that is known.
    var region: DamagedRegion?
}

extension LogFinding {
    var line: String {
        let place = position.map { "\(file):\($0)" } ?? file
        return "\(place): \(severity.rawValue): \(message)\n"
    }

    func write(to json: inout OutputBuffer) {
        json.field("file", file)
        json.field("position", position)
        json.field("severity", severity.rawValue)
        json.field("message", message)
        guard let region else { return }
        json.field("bytes", region.byteCount)
        json.field("firstOffset", region.offsets.lowerBound.rawValue)
        json.field("nextOffset", region.offsets.upperBound.rawValue)
    }
}
