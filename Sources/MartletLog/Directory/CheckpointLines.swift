internal import MartletCore

/// The text form that checkpoints share: a version, 0; the number of lines that follow; the lines.
struct CheckpointLines {
    /// The lines, split at their spaces.
    let fields: [[Substring]]

    /// Nil if the text is not of this form: another version, too few lines, or more.
    init?(_ bytes: Bytes) {
        let text = String(decoding: bytes)
        let lines = text.split(whereSeparator: \.isNewline)
        guard lines.count >= 2, lines[0] == "0", let count = Int(lines[1]), count == lines.count - 2 else {
            return nil
        }
        fields = lines.dropFirst(2).map { $0.split(separator: " ") }
    }
}
