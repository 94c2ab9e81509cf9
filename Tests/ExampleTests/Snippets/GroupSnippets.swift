import Martlet

// The examples of the doc comments about groups, each with what it takes for granted. They are compiled, not
// run.

private struct Cache {
    func load(_ partitions: [TopicPartition]) async {}
    func store(_ partitions: [TopicPartition]) async {}
}

private struct EventExamples {
    let consumer: GroupConsumer
    let cache: Cache

    func listening() async {
        for await event in consumer.events {
            switch event {
            case .assigned(let partitions): await cache.load(partitions)
            case .revoking(let revocation): await cache.store(revocation.partitions)
            case .revoked, .lost: break
            }
        }
    }
}

private struct AssignorExamples {
    /// All to one member; the others stand by.
    struct Standby: PartitionAssignor {
        let name = "standby"

        func divide(_ group: GroupSubscription) -> [MemberID: Set<TopicPartition>] {
            guard let first = group.members.first else { return [:] }
            return [first.id: Set(group.partitionCounts.keys.flatMap(group.partitions))]
        }
    }

    func using() {
        var configuration = GroupConsumerConfiguration(group: "billing", topics: "orders")
        configuration.classicAssignors = [.custom(Standby())]
        _ = configuration
    }
}
