/// A grid of characters, each with dots of its own, on which lines are drawn.
struct PlotCanvas {
    struct Cell: Equatable {
        /// Braille's dots, as its code points number them.
        var dots: UInt8 = 0
        /// The line that was here first; nil for none.
        var line: Int?
    }

    /// Bits of a character's dots, by row and column.
    private static let bits: [[UInt8]] = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]]

    let columns: Int
    let rows: Int
    /// Dots of a character.
    private let dotColumns: Int
    private let dotRows: Int
    private var cells: [Cell]

    init(columns: Int, rows: Int, hasBraille: Bool) {
        self.columns = columns
        self.rows = rows
        (dotColumns, dotRows) = hasBraille ? (2, 4) : (1, 1)
        cells = Array(repeating: Cell(), count: columns * rows)
    }

    /// Draws from point to point; coordinates from 0 to 1, from the left and from below.
    mutating func draw(_ points: [(x: Double, y: Double)], line: Int) {
        let (width, height) = (Double(columns * dotColumns - 1), Double(rows * dotRows - 1))
        var previous: (Int, Int)?
        for point in points where point.x.isFinite && point.y.isFinite {
            let x = Int((min(max(point.x, 0), 1) * width).rounded())
            let y = Int(((1 - min(max(point.y, 0), 1)) * height).rounded())
            let (fromX, fromY) = previous ?? (x, y)
            let steps = max(abs(x - fromX), abs(y - fromY), 1)
            for step in 0...steps {
                mark(fromX + (x - fromX) * step / steps, fromY + (y - fromY) * step / steps, line)
            }
            previous = (x, y)
        }
    }

    private mutating func mark(_ x: Int, _ y: Int, _ line: Int) {
        let index = y / dotRows * columns + x / dotColumns
        cells[index].dots |= Self.bits[y % dotRows][x % dotColumns]
        cells[index].line = cells[index].line ?? line
    }

    /// A row of characters.
    ///
    /// - Parameter text: What a run of cells of one line looks like, or of cells where there is none.
    func row(_ row: Int, text: (ArraySlice<Cell>) -> String) -> String {
        var cells = cells[row * columns..<(row + 1) * columns]
        while let last = cells.last, last.line == nil { cells.removeLast() }
        var result = ""
        while let first = cells.first {
            let run = cells.prefix { $0.line == first.line }
            result += text(run)
            cells = cells.dropFirst(run.count)
        }
        return result
    }
}
