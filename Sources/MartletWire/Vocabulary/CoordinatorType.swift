/// What kind of coordinator a client looks for.
package struct CoordinatorType: WireIdentifier, Hashable {
    package let rawValue: Int8
    package init(rawValue: Int8 = 0) { self.rawValue = rawValue }

    package static let group = CoordinatorType(rawValue: 0)
    package static let transaction = CoordinatorType(rawValue: 1)
    package static let share = CoordinatorType(rawValue: 2)
}
