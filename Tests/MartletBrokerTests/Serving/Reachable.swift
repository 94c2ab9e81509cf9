import MartletBroker
import MartletTesting
import MartletTransport

/// A broker that one can connect to, however it was started.
protocol Reachable {
    var address: BrokerAddress { get }
}

extension Broker: Reachable {}
extension TestBroker: Reachable {}
