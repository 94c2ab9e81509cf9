/// Collects answers that come one by one, on one loop, and hands them over when none is missing.
final class Gathering<Element> {
    private var missing: Int
    private var elements: [Element] = []
    private let completion: ([Element]) -> Void

    /// `completion` is called at once if nothing is expected.
    init(_ count: Int, _ completion: @escaping ([Element]) -> Void) {
        missing = count
        self.completion = completion
        if count == 0 { completion([]) }
    }

    func take(_ element: Element) {
        elements.append(element)
        missing -= 1
        if missing == 0 { completion(elements) }
    }
}
