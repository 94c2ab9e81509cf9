/// How messages describe their fields. `since` and `until` are the first and last version that has the
/// field; in other versions the field is left as it is.
///
/// They are calls and not inlined: more than a thousand inlined fields take twice as long to compile, for
/// nothing that can be measured.
extension WireCoder {
    /// A field that is never null.
    @inline(never)
    package mutating func field<Value: WireValue>(
        _ value: inout Value, since first: Int16 = 0, until last: Int16 = .max
    ) throws(WireError) {
        guard version >= first, version <= last else { return }
        expectNoTaggedFields()
        try value.code(&self)
    }

    /// A field that may be null, from version `nullableSince` on.
    @inline(never)
    package mutating func field<Value: WireNullable>(
        _ value: inout Value?, since first: Int16 = 0, until last: Int16 = .max, nullableSince: Int16 = 0
    ) throws(WireError) {
        guard version >= first, version <= last else { return }
        expectNoTaggedFields()
        try Value.code(&value, isNullable: version >= nullableSince, &self)
    }

    /// A struct that may be null: a byte in front says whether it is there, negative for null.
    @inline(never)
    package mutating func field<Value: WireStruct>(
        _ value: inout Value?, since first: Int16 = 0, until last: Int16 = .max
    ) throws(WireError) {
        guard version >= first, version <= last else { return }
        expectNoTaggedFields()
        switch mode {
        case .decode: value = try (readNumber() as Int8) < 0 ? nil : Value()
        case .encode: writeNumber(Int8(value == nil ? -1 : 1))
        case .generate: value = random.oneIn(4) ? nil : Value()
        }
        try value?.fields(&self)
    }

    /// Values with their count in front.
    @inline(never)
    package mutating func field<Element: WireValue>(
        _ values: inout [Element], since first: Int16 = 0, until last: Int16 = .max
    ) throws(WireError) {
        guard version >= first, version <= last else { return }
        expectNoTaggedFields()
        try array(&values)
    }

    /// Values with their count in front, or null, from version `nullableSince` on.
    @inline(never)
    package mutating func field<Element: WireValue>(
        _ values: inout [Element]?, since first: Int16 = 0, until last: Int16 = .max, nullableSince: Int16 = 0
    ) throws(WireError) {
        guard version >= first, version <= last else { return }
        expectNoTaggedFields()
        try array(&values, isNullable: version >= nullableSince)
    }

    /// Fields that are not tagged come first: a message that describes them later would write garbage.
    @inline(__always)
    func expectNoTaggedFields() {
        assert(taggedCountPosition == nil, "an untagged field after a tagged one")
    }
}
