internal import CPCRE2
package import MartletCore

/// A regular expression that whole topic names match, or do not.
///
/// Patterns come from clients, so each look at a name has limits: on steps, on nesting and on memory. A
/// pattern that reaches one fails; it cannot hold up the event loop that other groups live on.
package final class TopicPattern {
    package let text: String
    private let code: OpaquePointer
    private let context: OpaquePointer
    private let data: OpaquePointer

    /// Longest pattern in bytes.
    package static let maximumLength = 4_096
    /// Most steps of the matcher for one name.
    static let maximumSteps = 100_000
    /// Most steps for all names together, so that a larger cluster does not make a pattern cost more.
    static let maximumStepsForAll = 5_000_000
    private static let minimumSteps = 1_000
    private static let maximumDepth: UInt32 = 10_000
    private static let maximumHeapKiB: UInt32 = 1_024

    package init(_ text: String) throws(TopicPatternError) {
        guard text.utf8.count <= Self.maximumLength else {
            throw TopicPatternError(reason: "longer than \(Self.maximumLength) bytes", position: nil)
        }
        var errorNumber: Int32 = 0
        var errorPosition = 0
        // Names are ASCII, and a match is always of the whole name, also where the pattern has alternatives.
        let options =
            PCRE2_ANCHORED | PCRE2_ENDANCHORED | PCRE2_DOLLAR_ENDONLY | PCRE2_NEVER_BACKSLASH_C
            | PCRE2_NEVER_UTF | PCRE2_NO_AUTO_CAPTURE
        let bytes = Array(text.utf8)
        let compiled = bytes.withUnsafeBufferPointer { bytes in
            pcre2_compile_8(
                bytes.baseAddress ?? Self.noBytes, bytes.count, UInt32(options), &errorNumber, &errorPosition,
                nil)
        }
        guard let compiled else {
            throw TopicPatternError(reason: Self.message(errorNumber), position: errorPosition)
        }
        guard let context = pcre2_match_context_create_8(nil) else {
            pcre2_code_free_8(compiled)
            throw TopicPatternError(reason: "no memory", position: nil)
        }
        guard let data = pcre2_match_data_create_8(1, nil) else {
            pcre2_match_context_free_8(context)
            pcre2_code_free_8(compiled)
            throw TopicPatternError(reason: "no memory", position: nil)
        }
        pcre2_set_depth_limit_8(context, Self.maximumDepth)
        pcre2_set_heap_limit_8(context, Self.maximumHeapKiB)
        self.text = text
        self.code = compiled
        self.context = context
        self.data = data
    }

    deinit {
        pcre2_match_data_free_8(data)
        pcre2_match_context_free_8(context)
        pcre2_code_free_8(code)
    }

    /// The names that match, in their order.
    package func matches(among names: some Collection<TopicName>) throws(TopicPatternError) -> [TopicName] {
        let share = Self.maximumStepsForAll / max(names.count, 1)
        pcre2_set_match_limit_8(context, UInt32(min(max(share, Self.minimumSteps), Self.maximumSteps)))
        var matching: [TopicName] = []
        for name in names where try matchesWhole(name.rawValue) { matching.append(name) }
        return matching
    }

    private func matchesWhole(_ name: String) throws(TopicPatternError) -> Bool {
        var name = name
        let result = name.withUTF8 { bytes in
            pcre2_match_8(code, bytes.baseAddress ?? Self.noBytes, bytes.count, 0, 0, data, context)
        }
        if result >= 0 { return true }
        guard result == PCRE2_ERROR_NOMATCH else {
            throw TopicPatternError(reason: Self.message(result), position: nil)
        }
        return false
    }

    /// Stands where there are no bytes to point to.
    private static var noBytes: UnsafePointer<UInt8> { emptyText.utf8Start }
    private static let emptyText: StaticString = ""

    private static func message(_ number: Int32) -> String {
        var buffer = [UInt8](repeating: 0, count: 256)
        let length = buffer.withUnsafeMutableBufferPointer {
            pcre2_get_error_message_8(number, $0.baseAddress, $0.count)
        }
        return String(decoding: buffer.prefix(Int(max(length, 0))), as: UTF8.self)
    }
}

/// Why a pattern cannot be used.
package struct TopicPatternError: Error, Equatable {
    package var reason: String
    /// Where in the pattern, in bytes.
    package var position: Int?
}

extension TopicPatternError: CustomStringConvertible {
    package var description: String { position.map { "\(reason) at \($0)" } ?? reason }
}
