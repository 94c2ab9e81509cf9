extension WireCoder {
    /// Memory reserved for elements before the first is read. What an array needs beyond it, it gets as the
    /// elements turn out to be there, so that a count alone buys nothing.
    private static let reservedBytes = 4_096
    /// Elements that a generated array has at most; messages nest four arrays deep.
    private static let generatedElements = 3

    mutating func array<Element: WireValue>(_ values: inout [Element]) throws(WireError) {
        if mode == .encode {
            try writeArray(values)
        } else {
            values = try makeArray(isNullable: false) ?? []
        }
    }

    mutating func array<Element: WireValue>(
        _ values: inout [Element]?, isNullable: Bool
    ) throws(WireError) {
        if mode != .encode {
            values = try makeArray(isNullable: isNullable)
        } else if let values {
            try writeArray(values)
        } else {
            try writeLength(nil, .int32, isNullable: isNullable)
        }
    }

    /// Reads an array, or fills one.
    private mutating func makeArray<Element: WireValue>(isNullable: Bool) throws(WireError) -> [Element]? {
        guard let count = try elementCount(Element.minimumWireSize, isNullable: isNullable) else {
            return nil
        }
        var values: [Element] = []
        let reserve = max(remaining, Self.reservedBytes) / MemoryLayout<Element>.stride
        values.reserveCapacity(min(count, reserve))
        for _ in 0..<count {
            var value = Element.initial
            try value.code(&self)
            values.append(value)
        }
        return values
    }

    /// How many elements to read or to fill; nil for null.
    private mutating func elementCount(_ elementSize: Int, isNullable: Bool) throws(WireError) -> Int? {
        if mode == .decode {
            try readLength(.int32, elementSize: elementSize, isNullable: isNullable)
        } else if isNullable && random.oneIn(4) {
            nil
        } else {
            random.index(below: Self.generatedElements + 1)
        }
    }

    private mutating func writeArray<Element: WireValue>(_ values: [Element]) throws(WireError) {
        try writeLength(values.count, .int32, isNullable: false)
        // Each element is a copy of its own, since writing through the array would copy the array.
        for var value in values {
            try value.code(&self)
        }
    }
}
