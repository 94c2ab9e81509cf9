import MartletCore

extension Bytes {
    /// Bytes from hexadecimal digits; everything else is there for the reader.
    init(hex: String) {
        var digits: [UInt8] = []
        for character in hex {
            if let digit = character.hexDigitValue { digits.append(UInt8(digit)) }
        }
        precondition(digits.count.isMultiple(of: 2), "half a byte at the end")
        self.init(stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] })
    }

    var hex: String { [UInt8](self).hex }
}

extension [UInt8] {
    /// Two digits a byte, with a space after every fourth.
    var hex: String {
        var text = ""
        for (index, byte) in enumerated() {
            if index > 0, index.isMultiple(of: 4) { text += " " }
            text += byte < 16 ? "0" : ""
            text += String(byte, radix: 16)
        }
        return text
    }
}
