/// A UUID that names a topic for life: a topic that is deleted and created again under the same name has
/// another.
public struct TopicID: Hashable, Sendable, Comparable {
    /// The first eight bytes, big endian.
    public let high: UInt64
    /// The last eight bytes, big endian.
    public let low: UInt64

    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// Stands where no id is known.
    public static let zero = TopicID(high: 0, low: 0)

    /// A random version 4 UUID whose text does not begin with a dash, since tools would take it for a flag.
    public static func random(using generator: inout some RandomNumberGenerator) -> TopicID {
        while true {
            let high = generator.next() & 0xFFFF_FFFF_FFFF_0FFF | 0x4000
            let low = generator.next() & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000
            let id = TopicID(high: high, low: low)
            if !id.description.hasPrefix("-") { return id }
        }
    }

    public static func < (lhs: Self, rhs: Self) -> Bool { (lhs.high, lhs.low) < (rhs.high, rhs.low) }
}

extension TopicID: LosslessStringConvertible {
    private static let alphabet = Array(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
    /// 128 bits in 6-bit digits; the last digit carries two bits and four zeros.
    private static let textLength = 22

    /// URL-safe base64 without padding, the form that Kafka's tools print.
    public var description: String {
        var text: [UInt8] = []
        text.reserveCapacity(Self.textLength)
        for digit in 0..<Self.textLength {
            text.append(Self.alphabet[Int(bits(at: digit * 6))])
        }
        return String(decoding: text, as: UTF8.self)
    }

    public init?(_ description: String) {
        let text = Array(description.utf8)
        guard text.count == Self.textLength else { return nil }
        var high: UInt64 = 0
        var low: UInt64 = 0
        for (digit, character) in text.enumerated() {
            guard let value = Self.alphabet.firstIndex(of: character) else { return nil }
            if digit == Self.textLength - 1 {
                guard value & 0b1111 == 0 else { return nil }
                high = high << 2 | low >> 62
                low = low << 2 | UInt64(value >> 4)
            } else {
                high = high << 6 | low >> 58
                low = low << 6 | UInt64(value)
            }
        }
        self.init(high: high, low: low)
    }

    /// The six bits from `position`, with zeros behind the end.
    private func bits(at position: Int) -> UInt64 {
        let six: UInt64 = 0b11_1111
        if position <= 58 { return high >> UInt64(58 - position) & six }
        if position < 64 {
            let fromLow = position + 6 - 64
            return (high << UInt64(fromLow) | low >> UInt64(64 - fromLow)) & six
        }
        let inLow = position - 64
        return inLow <= 58 ? low >> UInt64(58 - inLow) & six : low << UInt64(inLow - 58) & six
    }
}
