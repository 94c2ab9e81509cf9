internal import MartletCore

/// What a request names more than once: it would depend on the order what comes of it, so nothing does.
struct Repetitions<Key: Hashable> {
    private let counts: [Key: Int]

    init(_ keys: [Key]) {
        counts = keys.reduce(into: [:]) { $0[$1, default: 0] += 1 }
    }

    func check(_ key: Key, _ description: String) throws(RequestError) {
        if counts[key, default: 0] > 1 {
            throw RequestError(.invalidRequest, "The request names \(description) more than once.")
        }
    }
}
