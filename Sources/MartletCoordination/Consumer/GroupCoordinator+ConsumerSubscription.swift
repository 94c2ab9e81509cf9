internal import MartletCore
internal import MartletWire

/// A pattern that a group has not had before, and the topics that match it now.
struct ResolvedTopicPattern {
    var pattern: TopicPattern
    var value: RegularExpressionValue
}

extension GroupCoordinator {
    /// Compiles and resolves a pattern that the group does not know; nil if there is nothing new.
    func newPattern(
        _ text: String?, in group: ConsumerGroup?, now: Timestamp
    ) throws(GroupRefusal) -> ResolvedTopicPattern? {
        guard let text, !text.isEmpty, group?.patterns[text] == nil else { return nil }
        do throws(TopicPatternError) {
            let pattern = try TopicPattern(text)
            return ResolvedTopicPattern(pattern: pattern, value: try resolve(pattern, now: now))
        } catch {
            throw GroupRefusal(
                .invalidRegularExpression,
                "`\(text)` is no regular expression that can be used: \(error).")
        }
    }

    private func resolve(
        _ pattern: TopicPattern, now: Timestamp
    ) throws(TopicPatternError) -> RegularExpressionValue {
        let topics = try pattern.matches(among: self.topics.byName.keys).sorted()
        return RegularExpressionValue {
            $0.topics = topics
            $0.timestamp = now
        }
    }

    /// Writes down what a member told of itself. The group epoch moves if that, or the topics around, change
    /// what is to be divided.
    ///
    /// - Returns: Whether the member's subscription has changed.
    func subscribe(
        _ member: ConsumerMember, before: ConsumerMember, pattern: ResolvedTopicPattern?,
        in group: ConsumerGroup, now: Timestamp
    ) -> Bool {
        if member != before || group[member.id] == nil {
            append(.consumerMember(group.id, member.id, member.value))
        }
        if member.pattern != before.pattern { dropUnusedPatterns(of: group) }
        if let pattern {
            group.compiledPatterns[pattern.pattern.text] = pattern.pattern
            append(.consumerPattern(group.id, pattern: pattern.pattern.text, pattern.value))
        }
        let hasChanged =
            member.subscribedTopics != before.subscribedTopics || member.pattern != before.pattern
        let patternsMoved = refreshPatterns(of: group, now: now)
        let mustMove = group.epoch == MemberEpoch() || hasChanged || patternsMoved
        if mustMove || group.mayBeStale {
            let hash = metadataHash(of: group)
            if mustMove || hash != group.metadataHash { moveEpoch(of: group, hash: hash) }
            group.mayBeStale = false
        }
        return hasChanged
    }

    func dropUnusedPatterns(of group: ConsumerGroup) {
        for pattern in group.patterns.keys.sorted() where group.patternCounts[pattern] == nil {
            append(.consumerPattern(group.id, pattern: pattern, nil))
        }
    }

    /// Looks which topics match now, if topics have come or gone, or the last look is long ago.
    ///
    /// - Returns: Whether a pattern matches other topics than before.
    private func refreshPatterns(of group: ConsumerGroup, now: Timestamp) -> Bool {
        guard !group.patternCounts.isEmpty,
            group.mayBeStale || now - group.patternsResolvedAt >= settings.patternRefreshIntervalMs
        else { return false }
        group.patternsResolvedAt = now
        var hasChanged = false
        for text in group.patternCounts.keys.sorted() {
            // A pattern that costs too much by now keeps the topics that it had.
            guard let pattern = group.compiledPatterns[text] ?? (try? TopicPattern(text)),
                let value = try? resolve(pattern, now: now)
            else { continue }
            group.compiledPatterns[text] = pattern
            if value.topics != group.patterns[text]?.topics {
                append(.consumerPattern(group.id, pattern: text, value))
                hasChanged = true
            }
        }
        return hasChanged
    }

    func metadataHash(of group: ConsumerGroup) -> Int64 {
        MetadataHash.of(group.subscribedTopics.compactMap { topics[$0] }, cache: &group.topicHashes)
    }

    /// From now on the target assignment is out of date.
    func moveEpoch(of group: ConsumerGroup, hash: Int64) {
        let epoch = MemberEpoch(rawValue: group.epoch.rawValue + 1)
        append(
            .consumerGroup(
                group.id,
                ConsumerGroupValue {
                    $0.epoch = epoch
                    $0.metadataHash = hash
                }))
    }
}
