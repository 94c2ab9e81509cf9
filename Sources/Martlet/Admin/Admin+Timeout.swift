internal import MartletCore

extension Admin {
    /// Does something within a time, whatever it asks and however often that is retried; what is under way
    /// then is cancelled.
    ///
    ///     let topics = try await admin.within(.seconds(5)) { admin throws(MartletError) in
    ///         try await admin.listTopics()
    ///     }
    ///
    /// Brokers are told the time as well, where a request has a place for it.
    ///
    /// - Throws: `timedOut` when the time is up. Whether a change that was asked for has happened is then not
    ///   known.
    public func within<Value: Sendable>(
        _ timeout: Duration, _ body: @escaping @Sendable (Admin) async throws(MartletError) -> Value
    ) async throws(MartletError) -> Value {
        var admin = self
        admin.timeout = min(timeout, self.timeout ?? timeout)
        let limited = admin
        let outcome = await withTaskGroup(
            of: Result<Value, MartletError>?.self, returning: Result<Value, MartletError>?.self
        ) { group in
            group.addTask {
                do throws(MartletError) {
                    return .success(try await body(limited))
                } catch {
                    return .failure(error)
                }
            }
            group.addTask {
                try? await Task.sleep(for: timeout)
                return nil
            }
            let first = await group.next() ?? nil
            group.cancelAll()
            if let first { return first }
            // The clock was first, or the caller was cancelled: then the body says so.
            guard !Task.isCancelled else { return await group.next() ?? nil }
            // What is done at the last moment is done.
            if case .success(let value)?? = await group.next() { return .success(value) }
            return nil
        }
        if let outcome { return try outcome.get() }
        throw MartletError(
            .timedOut, "not done within \(timeout); whether a change has happened is not known",
            isRetriable: true)
    }
}
