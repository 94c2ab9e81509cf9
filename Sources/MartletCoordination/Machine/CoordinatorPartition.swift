package import MartletCore

/// Which partition of an internal topic looks after a name, as every broker and offline tool works it out.
package enum CoordinatorPartition {
    package static func of(_ group: GroupID, count: Int) -> PartitionIndex {
        of(group.rawValue, count: count)
    }

    /// The hash of Java's strings, without its sign.
    package static func of(_ name: String, count: Int) -> PartitionIndex {
        var hash: Int32 = 0
        for unit in name.utf16 { hash = hash &* 31 &+ Int32(unit) }
        let magnitude = hash == .min ? 0 : abs(hash)
        return PartitionIndex(magnitude % Int32(max(1, count)))
    }
}
