/// Tagged fields end a struct in flexible versions: a count, then for each field its tag, its size and its
/// value. Who does not know a tag skips it; a field at its default is left out.
///
/// A struct describes its tagged fields after all others, in the order of their tags, and then calls
/// `taggedFields()`.
extension WireCoder {
    /// A tagged field that is never null.
    package mutating func tagged<Value: WireValue>(
        _ tag: UInt32, _ value: inout Value, since first: Int16 = 0, default defaultValue: Value
    ) throws(WireError) {
        guard isFlexible, version >= first else { return }
        try tagged(tag, isDefault: value == defaultValue) { (wire) throws(WireError) in
            try value.code(&wire)
        }
    }

    /// A tagged struct, left out while all of its fields are at their defaults.
    package mutating func tagged<Value: WireStruct>(
        _ tag: UInt32, _ value: inout Value, since first: Int16 = 0
    ) throws(WireError) {
        try tagged(tag, &value, since: first, default: Value())
    }

    /// A tagged struct that is null by default.
    package mutating func tagged<Value: WireStruct>(
        _ tag: UInt32, _ value: inout Value?, since first: Int16 = 0
    ) throws(WireError) {
        guard isFlexible, version >= first else { return }
        try tagged(tag, isDefault: value == nil) { (wire) throws(WireError) in
            try wire.field(&value)
        }
    }

    /// A tagged field that is null by default.
    package mutating func tagged<Value: WireNullable>(
        _ tag: UInt32, _ value: inout Value?, since first: Int16 = 0
    ) throws(WireError) {
        guard isFlexible, version >= first else { return }
        try tagged(tag, isDefault: value == nil) { (wire) throws(WireError) in
            try Value.code(&value, isNullable: true, &wire)
        }
    }

    /// A tagged array that is empty by default.
    package mutating func tagged<Element: WireValue>(
        _ tag: UInt32, _ values: inout [Element], since first: Int16 = 0
    ) throws(WireError) {
        guard isFlexible, version >= first else { return }
        try tagged(tag, isDefault: values.isEmpty) { (wire) throws(WireError) in
            try wire.array(&values)
        }
    }

    /// Ends a struct: reads over the tagged fields, known and unknown, or completes those that were written.
    package mutating func taggedFields() throws(WireError) {
        guard isFlexible else { return }
        switch mode {
        case .decode:
            try skipTaggedFields()
        case .encode:
            if taggedCountPosition == nil { writeNumber(UInt8(0)) }
            taggedCountPosition = nil
        case .generate:
            break
        }
    }

    /// Reads over a section of tagged fields.
    mutating func skipTaggedFields() throws(WireError) {
        try forEachTaggedField { _, _ in }
    }

    private mutating func tagged(
        _ tag: UInt32, isDefault: Bool, _ code: (inout WireCoder) throws(WireError) -> Void
    ) throws(WireError) {
        switch mode {
        case .decode:
            try readTagged(tag, code)
        case .encode:
            if !isDefault { try writeTagged(tag, code) }
        case .generate:
            try code(&self)
        }
    }

    /// Looks for the tag from the start of the section, and goes back there: a sender may use any order,
    /// and with the few tags that there are, looking again is cheaper than keeping an index.
    private mutating func readTagged(
        _ tag: UInt32, _ code: (inout WireCoder) throws(WireError) -> Void
    ) throws(WireError) {
        let (start, outerEnd) = (position, end)
        var found: Range<Int>? = nil
        try forEachTaggedField { candidate, range in
            if candidate == tag { found = range }
        }
        if let found {
            position = found.lowerBound
            end = found.upperBound
            try code(&self)
            guard position == end else { throw .taggedFieldSize(position: found.lowerBound, tag: tag) }
            end = outerEnd
        }
        position = start
    }

    private mutating func writeTagged(
        _ tag: UInt32, _ code: (inout WireCoder) throws(WireError) -> Void
    ) throws(WireError) {
        let countPosition = taggedCountPosition ?? output.count
        if taggedCountPosition == nil { writeNumber(UInt8(0)) }
        writeVarint(tag)
        let sizePosition = output.count
        taggedCountPosition = nil
        taggedDepth += 1
        try code(&self)
        taggedDepth -= 1
        let valueCount = output.count - sizePosition
        writeVarint(UInt32(truncatingIfNeeded: valueCount))
        // The size is known only now and belongs in front: turn `value size` round into `size value`.
        output.rotate(from: sizePosition, bringingForward: sizePosition + valueCount)
        // One byte is enough for the count, since no struct has 128 tagged fields.
        output.increment(at: countPosition)
        taggedCountPosition = countPosition
    }

    /// Passes over a section of tagged fields.
    private mutating func forEachTaggedField(_ body: (UInt32, Range<Int>) -> Void) throws(WireError) {
        let count = try readVarint()
        // Every field costs two bytes or more, so reading ends with the input at the latest.
        for _ in 0..<count {
            let tag = try readVarint()
            let size = try Int(readVarint())
            guard size <= remaining else { throw missing(size) }
            body(tag, position..<position + size)
            position += size
        }
    }
}
