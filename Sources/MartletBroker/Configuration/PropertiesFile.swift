/// Reads the `key = value` form of Kafka's `server.properties`.
///
/// Lines that begin with `#` or `!` are comments, `=`, `:` or white space divides key from value, a backslash
/// at the end continues the line. The later of two equal keys wins.
public enum PropertiesFile {
    public static func parse(_ text: String) -> [(key: String, value: String)] {
        var entries: [(key: String, value: String)] = []
        var continued = ""
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            let trimmed = line.trimming(while: \.isWhitespace)
            if continued.isEmpty, trimmed.isEmpty || trimmed.hasPrefix("#") || trimmed.hasPrefix("!") {
                continue
            }
            if trimmed.hasSuffix("\\") {
                continued += trimmed.dropLast()
                continue
            }
            entries.append(divide(continued + trimmed))
            continued = ""
        }
        if !continued.isEmpty { entries.append(divide(continued)) }
        return entries
    }

    private static func divide(_ line: String) -> (key: String, value: String) {
        let key = line.prefix { $0 != "=" && $0 != ":" && !$0.isWhitespace }
        var rest = line[key.endIndex...].drop(while: \.isWhitespace)
        if let divider = rest.first, divider == "=" || divider == ":" { rest = rest.dropFirst() }
        return (String(key), String(rest.trimming(while: \.isWhitespace)))
    }
}
