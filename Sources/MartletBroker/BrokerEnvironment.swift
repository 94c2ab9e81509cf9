internal import Logging
internal import MartletCore
internal import MartletLog
internal import NIOCore

/// What every part of a running broker is given. Of it, only the settings change while it runs.
struct BrokerEnvironment: Sendable {
    let liveSettings: LiveSettings
    let limits: Limits
    let shardCount: Int
    let logger: Logger
    let disk: DiskPool
    let receivePool: ReceivePool
    let pageCacheBudget: PageCacheBudget
    let diskAlarm = DiskAlarm()
    let appendActivity = AppendActivity()
    let metrics = LogMetrics()
    let clock: @Sendable () -> Timestamp
    let clusterID: String
    let brokerID: BrokerID

    /// The settings as they are now.
    var settings: BrokerSettings { liveSettings.value }
}

/// The limits of sessions and requests, each a setting of the broker.
struct Limits: Sendable {
    let maximumFrameByteCount: Int
    let maximumRequestsInFlight: Int
    let idleTimeout: Duration
    let frameTimeout: Duration
    let fetchMaximumByteCount: Int
    let fetchSessionSlots: Int
    let shareSessionSlots: Int

    init(_ settings: BrokerSettings) {
        maximumFrameByteCount = settings.int("socket.request.max.bytes") ?? 0
        maximumRequestsInFlight = settings.int("martlet.connection.max.requests") ?? 0
        idleTimeout = settings.milliseconds("connections.max.idle.ms") ?? .zero
        frameTimeout = settings.milliseconds("martlet.frame.timeout.ms") ?? .zero
        fetchMaximumByteCount = settings.int("fetch.max.bytes") ?? 0
        shareSessionSlots = settings.int("group.share.max.share.sessions") ?? 0
        fetchSessionSlots = settings.int("max.incremental.fetch.session.cache.slots") ?? 0
    }
}
