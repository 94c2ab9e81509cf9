internal import Martlet

/// The output of a command that answers a question: text or JSON, written at once at the end.
struct Answer: ~Copyable {
    let isJSON: Bool
    let style: Table.Style
    private var output = BufferedOutput.standard()

    init(json: Bool) {
        isJSON = json
        style = .standard
    }

    var buffer: OutputBuffer {
        _read { yield output.buffer }
        _modify { yield &output.buffer }
    }

    mutating func write(_ table: Table, kind: String? = nil) {
        table.write(to: &output.buffer, style: style, kind: kind)
    }

    mutating func write(_ text: String) { output.buffer.append(text) }

    mutating func finish() throws(StreamError) { try output.flush() }
}
