internal import MartletCore
public import ServiceLifecycle

/// A producer as a service. When the group shuts down, it takes nothing more, delivers what it has, and
/// aborts a transaction that is open; none of that takes longer than `deliveryTimeout`. When the group is
/// cancelled, what was not acknowledged fails.
extension Producer: Service {}

extension ProducerCore {
    /// Runs the sender; when the service is asked to end, it ends after the last delivery.
    func closingOnShutdown(_ body: () async -> Void) async {
        await withGracefulShutdownHandler {
            await body()
        } onGracefulShutdown: {
            self.close(.closed("the producer"))
        }
        if Task.isShuttingDownGracefully { await abortOpenTransaction() }
    }
}
