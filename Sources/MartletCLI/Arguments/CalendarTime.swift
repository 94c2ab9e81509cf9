internal import Martlet

/// A date and time of RFC 3339, in UTC.
struct CalendarTime: Equatable {
    var year: Int
    var month: Int
    var day: Int
    /// Since midnight; may leave the day where the text has an offset from UTC.
    var milliseconds: Int64 = 0

    private static let millisecondsPerDay: Int64 = 86_400_000
    private static let daysOfMonths = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

    /// Reads `2025-11-21`, then optionally `T08:30`, `:00`, `.123`, and `Z` or `+02:00`.
    init?(_ text: Substring) {
        var scanner = Scanner(rest: Array(text.utf8)[...])
        guard let year = scanner.number(4), scanner.skip("-"), let month = scanner.number(2),
            scanner.skip("-"),
            let day = scanner.number(2)
        else { return nil }
        (self.year, self.month, self.day) = (year, month, day)
        guard (1...12).contains(month), day >= 1, day <= Self.dayCount(of: month, in: year) else {
            return nil
        }
        guard !scanner.isAtEnd else { return }
        guard scanner.skip("T") || scanner.skip(" "), let time = scanner.timeOfDay(),
            let zone = scanner.zone(),
            scanner.isAtEnd
        else { return nil }
        milliseconds = time - zone
    }

    init(_ timestamp: Timestamp) {
        let value = timestamp.rawValue
        var dayNumber = value / Self.millisecondsPerDay
        if value % Self.millisecondsPerDay < 0 { dayNumber -= 1 }
        milliseconds = value - dayNumber * Self.millisecondsPerDay
        // Days are counted from March 1st of year 0, so that the leap day ends a year (H. Hinnant's
        // algorithm).
        let shifted = dayNumber + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        day = Int(dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
        month = Int(shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9)
        year = Int(yearOfEra + era * 400) + (month <= 2 ? 1 : 0)
    }

    var timestamp: Timestamp {
        let shiftedYear = month <= 2 ? year - 1 : year
        let era = (shiftedYear >= 0 ? shiftedYear : shiftedYear - 399) / 400
        let yearOfEra = shiftedYear - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        let days = Int64(era * 146_097 + dayOfEra - 719_468)
        return Timestamp(rawValue: days * Self.millisecondsPerDay + milliseconds)
    }

    private static func dayCount(of month: Int, in year: Int) -> Int {
        let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        return month == 2 && isLeap ? 29 : daysOfMonths[month - 1]
    }
}

extension CalendarTime: CustomStringConvertible {
    /// `2025-11-21T08:30:00.000Z`.
    var description: String {
        func padded(_ number: some BinaryInteger, _ width: Int) -> String {
            let digits = String(number)
            return String(repeating: "0", count: max(0, width - digits.count)) + digits
        }
        let (seconds, fraction) = milliseconds.quotientAndRemainder(dividingBy: 1_000)
        let clock = [seconds / 3_600, seconds / 60 % 60, seconds % 60].map { padded($0, 2) }
        return "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))T"
            + "\(clock.joined(separator: ":")).\(padded(fraction, 3))Z"
    }
}

extension CalendarTime {
    /// Reads the parts of a time from the left.
    private struct Scanner {
        var rest: ArraySlice<UInt8>

        var isAtEnd: Bool { rest.isEmpty }

        mutating func skip(_ character: Unicode.Scalar) -> Bool {
            guard rest.first == UInt8(ascii: character) else { return false }
            rest.removeFirst()
            return true
        }

        /// A number of exactly so many digits.
        mutating func number(_ digitCount: Int) -> Int? {
            let digits = rest.prefix(digitCount)
            guard digits.count == digitCount, digits.allSatisfy({ (48...57).contains($0) }) else {
                return nil
            }
            rest.removeFirst(digitCount)
            return digits.reduce(0) { $0 * 10 + Int($1) - 48 }
        }

        /// Milliseconds since midnight.
        mutating func timeOfDay() -> Int64? {
            guard let hour = number(2), hour < 24, skip(":"), let minute = number(2), minute < 60 else {
                return nil
            }
            var result = Int64(hour * 60 + minute) * 60_000
            guard skip(":") else { return result }
            guard let second = number(2), second < 60 else { return nil }
            result += Int64(second) * 1_000
            guard skip(".") else { return result }
            let digits = rest.prefix { (48...57).contains($0) }
            guard !digits.isEmpty else { return nil }
            rest.removeFirst(digits.count)
            var unit: Int64 = 100
            for digit in digits {
                result += Int64(digit - 48) * unit
                unit /= 10
            }
            return result
        }

        /// Milliseconds by which the zone is ahead of UTC; none is UTC.
        mutating func zone() -> Int64? {
            if isAtEnd || skip("Z") { return 0 }
            let isAhead = skip("+")
            guard isAhead || skip("-"), let hours = number(2) else { return nil }
            _ = skip(":")
            guard let minutes = isAtEnd ? 0 : number(2) else { return nil }
            return Int64(hours * 60 + minutes) * 60_000 * (isAhead ? 1 : -1)
        }
    }
}
