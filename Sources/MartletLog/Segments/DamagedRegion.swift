package import MartletCore

/// A part of a segment that does not hold what was written there, between intact batches.
package struct DamagedRegion: Hashable, Sendable {
    /// Bytes of the `.log` file; empty where records are missing altogether.
    package var positions: Range<Int64>
    /// Records with these offsets may have been there; empty if nothing is missing between the batches
    /// around.
    package var offsets: Range<Offset>
    package var damage: Damage

    package init(positions: Range<Int64>, offsets: Range<Offset>, damage: Damage) {
        self.positions = positions
        self.offsets = offsets
        self.damage = damage
    }

    package var byteCount: Int64 { positions.upperBound - positions.lowerBound }
    package var offsetCount: Int64 { offsets.upperBound - offsets.lowerBound }
}

extension DamagedRegion: CustomStringConvertible {
    package var description: String {
        let place = positions.isEmpty ? "byte \(positions.lowerBound)" : "bytes \(span(positions))"
        let extent = offsets.isEmpty ? "no offsets" : "offsets \(span(offsets))"
        return "\(place), \(extent): \(damage)"
    }

    private func span(_ range: Range<some Comparable>) -> String {
        "\(range.lowerBound) to \(range.upperBound) (excluded)"
    }
}

/// A damaged region and the file that has it.
package struct SegmentDamage: Hashable, Sendable {
    package var path: String
    package var region: DamagedRegion

    package init(path: String, region: DamagedRegion) {
        self.path = path
        self.region = region
    }
}

extension SegmentDamage: CustomStringConvertible {
    package var description: String { "\(path), \(region)" }
}

/// What is known of the damage in a segment, noted beside it (`.damaged`), so that no start forgets it.
///
/// Text: a headline; a line for each region with its first byte and the byte behind it, its first offset and
/// the one behind it, and what was found; the CRC-32C of these lines in hexadecimal digits.
package enum DamageNote {
    private static let headline = "martlet damage 1"

    package static func encode(_ regions: [DamagedRegion]) -> [UInt8] {
        var text = headline + "\n"
        for region in regions {
            text += "positions \(region.positions.lowerBound) \(region.positions.upperBound)"
            text += " offsets \(region.offsets.lowerBound) \(region.offsets.upperBound) \(region.damage)\n"
        }
        return Array((text + "crc \(checksum(of: text))\n").utf8)
    }

    /// Nil if the text is something else, or damaged: the segment tells it all again.
    package static func decode(_ bytes: Bytes) -> [DamagedRegion]? {
        var lines = String(decoding: bytes).split(separator: "\n")
        guard let last = lines.popLast(), lines.first.map(String.init) == headline,
            last == "crc \(checksum(of: lines.joined(separator: "\n") + "\n"))"
        else { return nil }
        var regions: [DamagedRegion] = []
        for line in lines.dropFirst() {
            let fields = line.split(separator: " ", maxSplits: 6)
            guard fields.count == 7, fields[0] == "positions", fields[3] == "offsets",
                let start = Int64(fields[1]), let end = Int64(fields[2]), start >= 0, end >= start,
                let first = Int64(fields[4]), let next = Int64(fields[5]), first >= 0, next >= first
            else { return nil }
            regions.append(
                DamagedRegion(
                    positions: start..<end, offsets: Offset(rawValue: first)..<Offset(rawValue: next),
                    damage: .noted(String(fields[6]))))
        }
        return regions.isEmpty ? nil : regions
    }

    private static func checksum(of text: String) -> String {
        var text = text
        let value = text.withUTF8 { CRC32C.checksum(of: UnsafeRawBufferPointer($0)) }
        return String(value, radix: 16)
    }
}
