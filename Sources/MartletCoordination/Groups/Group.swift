/// A group, by the protocol that its members speak.
package enum Group {
    case classic(ClassicGroup)
    case consumer(ConsumerGroup)
    case share(ShareGroup)

    package var type: GroupType {
        switch self {
        case .classic: .classic
        case .consumer: .consumer
        case .share: .share
        }
    }

    /// The group, for what is the same for all types.
    var coordinated: any CoordinatedGroup {
        switch self {
        case .classic(let group): group
        case .consumer(let group): group
        case .share(let group): group
        }
    }
}

/// The kinds of groups, by the names that ListGroups gives them.
package enum GroupType: String, Sendable, CaseIterable {
    case classic, consumer, share
}
