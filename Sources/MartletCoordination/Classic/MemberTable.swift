internal import MartletCore

/// Members in the order in which they came, found by id in constant time.
///
/// Who leaves makes a gap, and gaps are closed when they are more than the members: so ten thousand joins and
/// leaves cost no more than their number.
struct MemberTable {
    private var slots: [ClassicMember?] = []
    private var places: [MemberID: Int] = [:]
    /// Of the first member, if there is one.
    private var firstPlace = 0

    var count: Int { places.count }
    var isEmpty: Bool { places.isEmpty }

    /// The one who has been here longest.
    var first: ClassicMember? { firstPlace < slots.count ? slots[firstPlace] : nil }

    /// All, in the order in which they came.
    var all: [ClassicMember] { slots.compactMap { $0 } }

    subscript(id: MemberID) -> ClassicMember? { places[id].flatMap { slots[$0] } }

    mutating func append(_ member: ClassicMember) {
        precondition(places[member.id] == nil, "a member joins a group once")
        places[member.id] = slots.count
        slots.append(member)
    }

    mutating func remove(_ id: MemberID) -> ClassicMember? {
        guard let place = places.removeValue(forKey: id) else { return nil }
        let member = slots[place]
        slots[place] = nil
        while firstPlace < slots.count, slots[firstPlace] == nil { firstPlace += 1 }
        if slots.count > 2 * places.count + 16 { closeGaps() }
        return member
    }

    /// Puts a member in the place of another.
    mutating func replace(_ id: MemberID, by member: ClassicMember) {
        guard let place = places.removeValue(forKey: id) else { return append(member) }
        places[member.id] = place
        slots[place] = member
    }

    /// Puts the members in the order of `ids`; others come first.
    mutating func sort(_ ids: [MemberID]) {
        var rank: [MemberID: Int] = [:]
        for (index, id) in ids.enumerated() { rank[id] = index }
        slots = all.sorted { rank[$0.id, default: -1] < rank[$1.id, default: -1] }
        closeGaps()
    }

    private mutating func closeGaps() {
        slots.removeAll { $0 == nil }
        firstPlace = 0
        for (place, member) in slots.enumerated() {
            if let member { places[member.id] = place }
        }
    }
}
