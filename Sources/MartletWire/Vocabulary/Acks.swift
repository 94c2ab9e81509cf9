/// What a producer wants to have happened before it is answered.
package struct Acks: WireIdentifier, Hashable {
    package let rawValue: Int16
    package init(rawValue: Int16 = 0) { self.rawValue = rawValue }

    /// Nothing: there is no answer at all.
    package static let none = Acks(rawValue: 0)
    /// The leader has taken the records.
    package static let leader = Acks(rawValue: 1)
    /// Every in-sync replica has the records, and they are durable.
    package static let all = Acks(rawValue: -1)
}
