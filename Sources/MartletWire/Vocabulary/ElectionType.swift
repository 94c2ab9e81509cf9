/// How a new partition leader is chosen.
package struct ElectionType: WireIdentifier, Hashable {
    package let rawValue: Int8
    package init(rawValue: Int8 = 0) { self.rawValue = rawValue }

    /// The first of the replicas, if it is in sync.
    package static let preferred = ElectionType(rawValue: 0)
    /// Any living replica if none is in sync; records may be lost.
    package static let unclean = ElectionType(rawValue: 1)
}
