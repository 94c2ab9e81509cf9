/// Type of a configuration value.
package struct ConfigType: WireIdentifier, Hashable {
    package let rawValue: Int8
    package init(rawValue: Int8 = 0) { self.rawValue = rawValue }

    package static let unknown = ConfigType(rawValue: 0)
    package static let boolean = ConfigType(rawValue: 1)
    package static let string = ConfigType(rawValue: 2)
    package static let int = ConfigType(rawValue: 3)
    package static let short = ConfigType(rawValue: 4)
    package static let long = ConfigType(rawValue: 5)
    package static let double = ConfigType(rawValue: 6)
    package static let list = ConfigType(rawValue: 7)
    package static let `class` = ConfigType(rawValue: 8)
    package static let password = ConfigType(rawValue: 9)
}
