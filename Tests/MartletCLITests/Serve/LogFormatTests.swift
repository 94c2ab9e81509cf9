import Logging
import MartletCore
import Testing

@testable import MartletCLI

@Suite("Lines of the broker's log")
struct LogFormatTests {
    private static func line(_ format: LogFormat) -> String {
        var buffer = OutputBuffer()
        buffer.append(
            event: "Created a topic.", level: .info,
            [("reason", "a \"b\"\nc"), ("topic", "events")], at: Timestamp(rawValue: 1_763_713_800_123),
            format)
        return buffer.withBytes { String(decoding: $0, as: UTF8.self) }
    }

    @Test("are one line each for people, with quotes only where they are needed")
    func text() {
        #expect(
            Self.line(.text)
                == "2025-11-21T08:30:00.123Z info Created a topic. reason=\"a \\\"b\\\"\\nc\" topic=events\n")
    }

    @Test("are JSON objects for machines")
    func json() {
        #expect(
            Self.line(.json)
                == #"{"time":"2025-11-21T08:30:00.123Z","level":"info","message":"Created a topic.","#
                + #""reason":"a \"b\"\nc","topic":"events"}"# + "\n")
    }
}
