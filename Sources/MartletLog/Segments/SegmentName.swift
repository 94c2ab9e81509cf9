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
        // A start does this for every file there is, so byte by byte, without a string for each part.
        var rest = name.utf8[...]
        var number: Int64 = 0
        for _ in 0..<digitCount {
            guard let byte = rest.popFirst(), (48...57).contains(byte) else { return nil }
            let (tens, isTooLarge) = number.multipliedReportingOverflow(by: 10)
            let (sum, isOver) = tens.addingReportingOverflow(Int64(byte - 48))
            guard !isTooLarge, !isOver else { return nil }
            number = sum
        }
        guard rest.popFirst() == UInt8(ascii: "."), let kind = SegmentFile(rawValue: String(Substring(rest)))
        else { return nil }
        return (kind, Offset(rawValue: number))
    }
}

/// `directory/name`.
func join(_ directory: String, _ name: String) -> String {
    directory.hasSuffix("/") ? directory + name : directory + "/" + name
}
