import MartletBroker
import MartletCore
import MartletTesting
import MartletWire
import Testing

@Suite("Groups are described by many coordinators")
struct GroupDescriptionTests {
    @Test("each group is answered once, in the order of the request, and who asks hears what may be done")
    func describes() async throws {
        try await withBroker { broker in
            let peer = try await Peer.connect(to: broker)
            let topic = try await peer.createTopic("events")
            for group in ["a", "b", "c"] as [GroupID] {
                #expect(try await peer.commit(1, of: topic, by: group) == .none)
            }
            var request = DescribeGroupsRequest()
            request.groups = ["c", "missing", "a", "c", "b"]
            let plain = try await peer.send(request).groups
            #expect(plain.map(\.id) == ["c", "missing", "a", "b"])
            #expect(plain.map(\.errorCode) == [.none, .groupIDNotFound, .none, .none])
            #expect(plain.allSatisfy { $0.authorizedOperations == .notRequested })
            request.includeAuthorizedOperations = true
            let told = try await peer.send(request).groups
            #expect(told.map { $0.authorizedOperations != .notRequested } == [true, false, true, true])
        }
    }

    @Test("groups without members are deleted, others are not there")
    func deletes() async throws {
        try await withBroker { broker in
            let peer = try await Peer.connect(to: broker)
            let topic = try await peer.createTopic("events")
            #expect(try await peer.commit(1, of: topic, by: "a") == .none)
            var request = DeleteGroupsRequest()
            request.groups = ["a", "a", "missing"]
            let answers = try await peer.send(request).groups
            #expect(answers.map(\.id) == ["a", "missing"])
            #expect(answers.map(\.errorCode) == [.none, .groupIDNotFound])
            #expect(try await peer.committed(topic, by: "a").offset == .none)
        }
    }
}
