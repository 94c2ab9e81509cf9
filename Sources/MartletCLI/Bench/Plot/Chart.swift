/// What a plot shows, without how: axes with ticks, and lines, in coordinates from 0 to 1.
struct Chart: Equatable, Sendable {
    struct Tick: Equatable, Sendable {
        /// From 0, left or below, to 1.
        var position: Double
        var label: String
    }

    struct Axis: Equatable, Sendable {
        var title: String
        var ticks: [Tick]
    }

    struct Point: Equatable, Sendable {
        var x: Double
        var y: Double
    }

    struct Line: Equatable, Sendable {
        var name: String
        var points: [Point]
    }

    var title: String
    var x: Axis
    var y: Axis
    var lines: [Line]
}

/// An axis on which equal factors are equal distances.
struct LogScale {
    /// Powers of ten.
    let decades: ClosedRange<Int>

    /// Covers positive values.
    init(covering values: some Sequence<Double>) {
        var (low, high) = (Double.infinity, 0.0)
        for value in values where value > 0 && value.isFinite {
            (low, high) = (min(low, value), max(high, value))
        }
        guard high > 0 else {
            decades = 0...1
            return
        }
        var (first, bound) = (0, 1.0)
        while bound > low {
            bound /= 10
            first -= 1
        }
        while bound * 10 <= low {
            bound *= 10
            first += 1
        }
        var last = first
        while bound < high {
            bound *= 10
            last += 1
        }
        decades = first...max(last, first + 1)
    }

    func position(_ value: Double) -> Double {
        // Within a decade by its logarithm, found by halving: the C library's own is not the same everywhere.
        (Self.log10(max(value, 1e-18)) - Double(decades.lowerBound)) / Double(decades.count - 1)
    }

    static func log10(_ value: Double) -> Double {
        guard value > 0, value.isFinite else { return 0 }
        // value = significand · 2^exponent, with a significand from 1 up to 2.
        var (rest, result, digit) = (value.significand, Double(value.exponent), 0.5)
        for _ in 0..<40 {
            rest *= rest
            if rest >= 2 {
                rest /= 2
                result += digit
            }
            digit /= 2
        }
        return result * 0.301_029_995_663_981_2
    }
}

/// An axis from 0 whose ticks are round numbers.
struct LinearScale {
    let maximum: Double
    let step: Double

    init(covering maximum: Double, tickCount: Double = 5) {
        guard maximum > 0, maximum.isFinite else {
            (self.maximum, step) = (1, 1)
            return
        }
        var unit = 1.0
        while unit * tickCount > maximum { unit /= 10 }
        while unit * 10 * tickCount <= maximum { unit *= 10 }
        let factor = [1.0, 2, 5, 10].first { unit * $0 * tickCount >= maximum } ?? 10
        step = unit * factor
        self.maximum = (maximum / step).rounded(.up) * step
    }

    var ticks: [Double] { (0...Int((maximum / step).rounded())).map { Double($0) * step } }

    func position(_ value: Double) -> Double { value / maximum }
}
