internal import MartletCore

extension GroupCoordinator {
    func expireOffsets(now: Timestamp) {}
    func deleteOffsetsOfLostTopics(_ before: TopicCatalogue, now: Timestamp) {}
}
