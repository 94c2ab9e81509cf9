package import MartletCore
internal import Synchronization

/// Segments that readers have found something wrong in. Shared by a log and the look-ups on threads.
final class SurveyQueue: Sendable {
    private struct State {
        var segments: [SealedSegment] = []
        var wantsActive = false
    }

    private let state = Mutex(State())
    private let isWaiting = Atomic(false)

    var isEmpty: Bool { !isWaiting.load(ordering: .relaxed) }

    /// Takes a segment in if it wants a survey that nobody has asked for yet.
    func add(_ segment: SealedSegment) {
        guard segment.checks.wantsSurvey else { return }
        state.withLock { state in
            guard !state.segments.contains(where: { $0 === segment }) else { return }
            state.segments.append(segment)
        }
        isWaiting.store(true, ordering: .relaxed)
    }

    func addActive() {
        state.withLock { $0.wantsActive = true }
        isWaiting.store(true, ordering: .relaxed)
    }

    func takeAll() -> (segments: [SealedSegment], wantsActive: Bool) {
        isWaiting.store(false, ordering: .relaxed)
        return state.withLock { state in
            defer { state = State() }
            return (state.segments, state.wantsActive)
        }
    }
}

/// A closer look at segments in which something was wrong: finds out what is damaged and what is intact, and
/// makes wrong indexes anew. Taken from the log on its event loop, performed on a thread pool, handed back to
/// `PartitionLog.finishSurvey`.
package struct SurveyRequest: Sendable {
    package let topicPartition: TopicPartition
    let segments: [SealedSegment]
    let indexInterval: Int

    /// Blocks for as long as it takes to read the segments.
    ///
    /// - Returns: The damage, of which each is worth a line in the log; empty if only indexes were wrong.
    package func perform() throws(LogError) -> [SegmentDamage] {
        var found: [SegmentDamage] = []
        for segment in segments {
            do throws(FileSystemError) {
                let regions = try DamageSurvey.quarantine(segment, indexInterval: indexInterval)
                found += regions.map { SegmentDamage(path: segment.path(.log), region: $0) }
            } catch {
                throw LogError(error, in: topicPartition)
            }
        }
        return found
    }
}

extension PartitionLog {
    /// Whether readers have found something that must be looked into.
    package var wantsSurvey: Bool { !surveys.isEmpty }

    /// Takes the work that readers have found, if there is any: nil mostly. Ask after reads that failed, and
    /// now and then.
    package func takeSurvey(now: Timestamp) -> SurveyRequest? {
        guard !surveys.isEmpty, !isSurveying, !isInMaintenance, case .open = state else { return nil }
        var (segments, wantsActive) = surveys.takeAll()
        if wantsActive, active.checks.wantsSurvey {
            do throws(LogError) {
                // What is damaged is written no more.
                try roll(now: now)
                if let last = sealed.last { segments.append(last) }
            } catch {
                surveys.addActive()
            }
        }
        segments.removeAll { segment in !sealed.contains { $0 === segment } }
        guard !segments.isEmpty else { return nil }
        for segment in segments { segment.checks.setSurvey(.running) }
        isSurveying = true
        return SurveyRequest(
            topicPartition: topicPartition, segments: segments,
            indexInterval: configuration.indexIntervalBytes)
    }

    /// Takes note of what became of a request. From now on what is intact in its segments is served.
    package func finishSurvey(_ request: SurveyRequest, _ result: Result<[SegmentDamage], LogError>) {
        precondition(isSurveying, "a survey is finished once")
        isSurveying = false
        lastRead = nil
        for segment in request.segments {
            switch result {
            case .success: segment.checks.setSurvey(.done)
            // The next reader asks again.
            case .failure: segment.checks.setSurvey(.none)
            }
        }
    }

    /// Segments of which parts are damaged.
    package var quarantinedSegmentCount: Int { sealed.count { $0.isQuarantined } }

    /// Offsets that may have been lost with them.
    package var damagedOffsetCount: Int64 { damage.reduce(0) { $0 + $1.region.offsetCount } }

    /// What is known to be damaged, in order.
    package var damage: [SegmentDamage] {
        sealed.flatMap { segment in
            segment.damage.map { SegmentDamage(path: segment.path(.log), region: $0) }
        }
    }
}
