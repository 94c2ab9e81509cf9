internal import MartletTransport

extension ClientConfiguration {
    /// An int16 holds the length of the client's name in a request.
    private static let maximumClientIDLength = Int(Int16.max)
    /// A smaller answer than this many bytes could not even name the APIs that a broker serves.
    private static let responseLimits = 16 << 10...Int(Int32.max)
    /// A century: beyond it are mistakes of unit, and overflow.
    private static let longest = Duration.seconds(100 * 365 * 86_400)

    /// - Throws: `invalidConfiguration`, with the property that cannot be as it is.
    func validate() throws(MartletError) {
        guard !bootstrapServers.isEmpty else {
            throw .invalid("name at least one bootstrap server as host:port")
        }
        for server in bootstrapServers {
            guard !server.host.isEmpty, (1...Int(UInt16.max)).contains(server.port) else {
                throw .invalid(
                    "bootstrapServers: \"\(server)\" is no broker address; write host:port with a port from 1"
                        + " to \(UInt16.max)")
            }
        }
        guard clientID.utf8.count <= Self.maximumClientIDLength else {
            throw .invalid("clientID has more than \(Self.maximumClientIDLength) bytes")
        }
        guard Self.responseLimits.contains(maximumResponseBytes) else {
            throw .invalid(
                "maximumResponseBytes is \(maximumResponseBytes); choose from"
                    + " \(Self.responseLimits.lowerBound) to \(Self.responseLimits.upperBound)")
        }
        try Self.validate(connectTimeout, "connectTimeout")
        try Self.validate(requestTimeout, "requestTimeout")
        try Self.validate(metadataTimeout, "metadataTimeout")
        try Self.validate(topicTimeout, "topicTimeout", orZero: true)
        try Self.validate(metadataMaximumAge, "metadataMaximumAge")
        try Self.validate(connectionIdleTimeout, "connectionIdleTimeout")
        try retry.validate("retry")
        try reconnect.validate("reconnect")
    }

    fileprivate static func validate(
        _ duration: Duration, _ name: String, orZero: Bool = false
    ) throws(MartletError) {
        guard duration > .zero || (orZero && duration == .zero), duration <= longest else {
            let least = orZero ? "zero or more" : "more than zero"
            throw .invalid("\(name) is \(duration); choose \(least), and at most 100 years")
        }
    }
}

extension RetryConfiguration {
    fileprivate func validate(_ name: String) throws(MartletError) {
        try ClientConfiguration.validate(initialBackoff, "\(name).initialBackoff", orZero: true)
        try ClientConfiguration.validate(maximumBackoff, "\(name).maximumBackoff", orZero: true)
        guard initialBackoff <= maximumBackoff else {
            throw .invalid(
                "\(name).initialBackoff is \(initialBackoff), more than"
                    + " \(name).maximumBackoff, \(maximumBackoff)"
            )
        }
        guard (0...1).contains(jitter) else {
            throw .invalid("\(name).jitter is \(jitter); choose from 0 to 1")
        }
    }
}
