extension WireCoder {
    /// Memory reserved for elements before the first is read. What an array needs beyond it, it gets as the
    /// elements turn out to be there, so that a count alone buys nothing.
    private static let reservedBytes = 4_096
    /// Elements that a generated array has at most; messages nest four arrays deep.
    private static let generatedElements = 3

    mutating func array<Element: WireValue>(_ values: inout [Element]) throws(WireError) {
        switch mode {
        case .decode:
            values = try readArray(isNullable: false) ?? []
        case .encode:
            try writeArray(values)
        case .generate:
            try generateArray(&values)
        }
    }

    mutating func array<Element: WireValue>(
        _ values: inout [Element]?, isNullable: Bool
    ) throws(WireError) {
        switch mode {
        case .decode:
            values = try readArray(isNullable: isNullable)
        case .encode:
            if let values {
                try writeArray(values)
            } else {
                try writeLength(nil, .int32, isNullable: isNullable)
            }
        case .generate:
            guard !(isNullable && random.oneIn(4)) else {
                values = nil
                return
            }
            var present: [Element] = []
            try generateArray(&present)
            values = present
        }
    }

    private mutating func readArray<Element: WireValue>(isNullable: Bool) throws(WireError) -> [Element]? {
        let size = Element.minimumWireSize
        guard let count = try readLength(.int32, elementSize: size, isNullable: isNullable) else {
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

    private mutating func writeArray<Element: WireValue>(_ values: [Element]) throws(WireError) {
        try writeLength(values.count, .int32, isNullable: false)
        // Each element is a copy of its own, since writing through the array would copy the array.
        for var value in values {
            try value.code(&self)
        }
    }

    private mutating func generateArray<Element: WireValue>(_ values: inout [Element]) throws(WireError) {
        values = []
        for _ in 0..<random.index(below: Self.generatedElements + 1) {
            var value = Element.initial
            try value.code(&self)
            values.append(value)
        }
    }
}
