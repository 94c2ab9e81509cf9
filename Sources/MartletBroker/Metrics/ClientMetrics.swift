internal import MartletCore
internal import Metrics

/// What clients push, as metrics of this process: `martlet_client_` and the name that the client gives, with
/// the client's id and the labels of the data point. Gauges stay gauges, differences are added up.
final class ClientMetrics {
    private struct Series: Hashable {
        let label: String
        let dimensions: [String]
    }

    private enum Meter {
        case gauge(Gauge)
        case counter(FloatingPointCounter)
    }

    private struct Entry {
        let meter: Meter
        var lastPush: Int
    }

    private var entries: [Series: Entry] = [:]
    /// Counts pushes, by which is told what has not been heard of for long.
    private var pushes = 0
    /// The push at which was last looked for room.
    private var lastClearing = 0
    private let series = Gauge(label: "martlet_client_metrics_series")
    private let received = Counter(label: "martlet_client_metrics_pushes_total")
    private let dropped = Counter(label: "martlet_client_metrics_dropped_total")

    /// Series at the same time, for all clients together.
    static let maximumSeries = 4_096
    /// A series that no push of so many touched makes room for others.
    static let pushesUntilStale = 1_024
    private static let maximumLabels = 8
    private static let maximumLabelByteCount = 128

    var seriesCount: Int { entries.count }

    /// Takes over the data points of a push.
    func take(_ bytes: Bytes, from clientID: String) throws(RequestError) {
        let points: [ClientDataPoint]
        do throws(ProtobufError) {
            points = try ClientDataPoint.decode(bytes)
        } catch {
            throw RequestError(.invalidRecord, "\(error)")
        }
        pushes += 1
        received.increment()
        var lost = 0
        for point in points where !take(point, from: clientID) { lost += 1 }
        if lost > 0 { dropped.increment(by: lost) }
        series.record(seriesCount)
    }

    /// False if there is no room for the point's series.
    private func take(_ point: ClientDataPoint, from clientID: String) -> Bool {
        guard point.value.isFinite else { return false }
        let labels =
            [("client_id", clientID)]
            + point.attributes.prefix(Self.maximumLabels).map { (Self.sanitized($0.key), $0.value) }
        let dimensions = labels.map { ($0.0, Self.cut($0.1)) }
        let series = Series(
            label: "martlet_client_\(Self.sanitized(Self.cut(point.name)))",
            dimensions: dimensions.flatMap { [$0.0, $0.1] })
        if entries[series] == nil {
            guard makeRoom() else { return false }
            let meter: Meter =
                point.isDelta
                ? .counter(FloatingPointCounter(label: series.label, dimensions: dimensions))
                : .gauge(Gauge(label: series.label, dimensions: dimensions))
            entries[series] = Entry(meter: meter, lastPush: pushes)
        }
        entries[series]?.lastPush = pushes
        switch entries[series]?.meter {
        case .gauge(let gauge): gauge.record(point.value)
        case .counter(let counter): if point.value > 0 { counter.increment(by: point.value) }
        case nil: break
        }
        return true
    }

    private func makeRoom() -> Bool {
        guard entries.count >= Self.maximumSeries else { return true }
        // Once in a push, or one of thousands of points would look at thousands of series for each.
        guard lastClearing != pushes else { return false }
        lastClearing = pushes
        for (series, entry) in entries where pushes - entry.lastPush > Self.pushesUntilStale {
            switch entry.meter {
            case .gauge(let gauge): gauge.destroy()
            case .counter(let counter): counter.destroy()
            }
            entries[series] = nil
        }
        return entries.count < Self.maximumSeries
    }

    private static func cut(_ text: String) -> String {
        // By bytes: what a reader takes for one character may be as long as a request.
        text.utf8.count <= maximumLabelByteCount
            ? text : String(decoding: text.utf8.prefix(maximumLabelByteCount), as: UTF8.self)
    }

    /// Only what every backend takes in a name.
    private static func sanitized(_ name: String) -> String {
        String(
            decoding: name.utf8.prefix(maximumLabelByteCount).map { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"):
                    byte
                default: UInt8(ascii: "_")
                }
            }, as: UTF8.self)
    }
}
