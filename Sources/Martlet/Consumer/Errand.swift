internal import MartletCore

/// Something that a consumer has to wait for before it can go on with some partitions, while it reads the
/// others.
enum Errand: Hashable, Sendable {
    case connect(BrokerID)
    /// Ask a broker where partitions begin; `none` if their leader is to be found first.
    case lookup(BrokerID)
    /// Ask a broker whether its logs have what was read of them.
    case validate(BrokerID)
    /// Ask for the state of the cluster.
    case refresh
}
