package import MartletCore

/// The files that a segment consists of, and how they are named: twenty digits of the first offset and a
/// suffix.
package enum SegmentFile: String, CaseIterable, Sendable {
    case log, index, timeindex, txnindex, snapshot, seal, damaged

    private static let digitCount = 20

    /// Name of the file for the segment that begins at `baseOffset`.
    package func name(_ baseOffset: Offset) -> String {
        let digits = String(baseOffset.rawValue)
        return String(repeating: "0", count: max(0, Self.digitCount - digits.count)) + digits + "." + rawValue
    }

    /// Kind and base offset of a file by its name; nil for files that are not part of a segment.
    package static func parse(_ name: String) -> (kind: SegmentFile, baseOffset: Offset)? {
        guard let dot = name.firstIndex(of: "."),
            let kind = SegmentFile(rawValue: String(name[name.index(after: dot)...]))
        else { return nil }
        let digits = name[..<dot]
        guard digits.utf8.count == digitCount, digits.utf8.allSatisfy({ (48...57).contains($0) }),
            let number = Int64(digits)
        else { return nil }
        return (kind, Offset(rawValue: number))
    }
}

/// `directory/name`.
func join(_ directory: String, _ name: String) -> String {
    directory.hasSuffix("/") ? directory + name : directory + "/" + name
}
