public import ServiceLifecycle

/// A client as the first service of a group: it lives as long as those that were made by it.
///
///     let group = ServiceGroup(
///         services: [client, producer, consumer, orderHandler],
///         gracefulShutdownSignals: [.sigterm], logger: logger)
///
/// A group shuts its services down from the last to the first. So the order is: client, producers, consumers,
/// those that use them. Then nobody is left without what he needs to finish.
extension MartletClient: Service {
    /// Waits for the end, and closes the client.
    ///
    /// - Throws: Nothing.
    public func run() async {
        // The other way to end is cancellation: the same for us.
        try? await gracefulShutdown()
        close()
    }
}
