internal import MartletCore
internal import Synchronization

/// What this process has found out about the bytes of one segment's file: which were checked, and which are
/// damaged. Belongs to the file, not to its name: one that takes its place has its own.
final class SegmentChecks: Sendable {
    /// How far a closer look at the whole segment has come.
    enum Survey: UInt8, AtomicRepresentable {
        case none
        /// Readers have found something that must be looked into.
        case wanted
        case running
        /// There will be no second: what readers still complain of is known.
        case done
    }

    private struct State {
        var verified: VerifiedRanges
        var regions: [DamagedRegion] = []
        var isTimeIndexGood: Bool?
    }

    private let state: Mutex<State>
    private let survey = Atomic(Survey.none)

    /// - Parameter verified: What is known to be good from the start.
    init(verified: Range<Int64>? = nil, regions: [DamagedRegion] = []) {
        state = Mutex(State(verified: VerifiedRanges(verified), regions: regions))
    }

    /// Of a file that this process writes from its beginning.
    static func ofNewFile() -> SegmentChecks {
        let checks = SegmentChecks(verified: 0..<Int64.max)
        checks.setTimeIndexGood(true)
        return checks
    }

    /// Whether the byte was checked, and up to where the next ones are like it.
    func span(from position: Int64) -> (isVerified: Bool, end: Int64) {
        state.withLock { $0.verified.span(from: position) }
    }

    func addVerified(_ range: Range<Int64>) {
        state.withLock { $0.verified.insert(range) }
    }

    // MARK: Damage

    /// In order.
    var regions: [DamagedRegion] { state.withLock { $0.regions } }

    func setRegions(_ regions: [DamagedRegion]) {
        state.withLock { $0.regions = regions }
    }

    // MARK: Time index

    /// Whether the file's checksum is as it was when it was written; nil if nobody has computed it.
    var isTimeIndexGood: Bool? { state.withLock { $0.isTimeIndexGood } }

    func setTimeIndexGood(_ isGood: Bool?) {
        state.withLock { $0.isTimeIndexGood = isGood }
    }

    // MARK: Survey

    /// Asks for a closer look at the segment, once.
    func wantSurvey() {
        _ = survey.compareExchange(expected: .none, desired: .wanted, ordering: .relaxed)
    }

    var wantsSurvey: Bool { survey.load(ordering: .relaxed) == .wanted }

    func setSurvey(_ value: Survey) { survey.store(value, ordering: .relaxed) }
}
