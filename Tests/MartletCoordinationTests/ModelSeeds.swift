#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// Which lives the models live.
enum ModelSeeds {
    /// `MARTLET_SEEDS=first-last` or a single number repeats a failure.
    static func chosen(_ usual: ClosedRange<UInt64>) -> ClosedRange<UInt64> {
        let parts = getenv("MARTLET_SEEDS").map { String(cString: $0) }?.split(separator: "-")
            .compactMap { UInt64($0) }
        guard let first = parts?.first, let last = parts?.last, first <= last else { return usual }
        return first...last
    }
}
