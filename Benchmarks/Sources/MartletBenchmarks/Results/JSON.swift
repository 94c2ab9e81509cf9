/// A value of a results file.
enum JSON {
    case number(Double)
    case text(String)
    case list([JSON])
    case object([(String, JSON)])
    case null

    /// The text of it, indented so that two files can be compared line by line.
    func text(indentation: String = "") -> String {
        let deeper = indentation + "  "
        switch self {
        case .null: return "null"
        case .number(let value): return Self.text(of: value)
        case .text(let value): return Self.quoted(value)
        case .list(let values):
            if values.isEmpty { return "[]" }
            let lines = values.map { deeper + $0.text(indentation: deeper) }
            return "[\n" + lines.joined(separator: ",\n") + "\n\(indentation)]"
        case .object(let members):
            if members.isEmpty { return "{}" }
            let lines = members.map { "\(deeper)\(Self.quoted($0.0)): \($0.1.text(indentation: deeper))" }
            return "{\n" + lines.joined(separator: ",\n") + "\n\(indentation)}"
        }
    }

    private static func text(of value: Double) -> String {
        guard value.isFinite else { return "null" }
        return value == value.rounded() && abs(value) < 1e15 ? "\(Int64(value))" : "\(value)"
    }

    private static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case "\n": quoted += "\\n"
            case _ where scalar.value < 0x20: quoted += " "
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}
