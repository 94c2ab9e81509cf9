internal import MartletCore
internal import MartletWire

/// ElectLeaders: has partitions led by the broker that should lead them, which is the case.
struct ElectLeadersHandler: ControlHandler {
    let controller: Controller

    func handle(_ request: ElectLeadersRequest, from client: Client) async -> ElectLeadersResponse {
        var response = ElectLeadersResponse()
        guard request.electionType == .preferred || request.electionType == .unclean else {
            response.errorCode = .invalidRequest
            return response
        }
        let image = await controller.image
        // Without a list only those are named that needed an election: none.
        response.topics = (request.topics ?? []).map { topic in
            let count = image.topics[topic.name]?.partitions.count ?? 0
            return ElectLeadersResponse.Topic {
                $0.name = topic.name
                $0.partitions = topic.partitions.map { index in
                    ElectLeadersResponse.Partition {
                        $0.index = index
                        let isKnown = (0..<count).contains(Int(index))
                        $0.errorCode = isKnown ? .electionNotNeeded : .unknownTopicOrPartition
                    }
                }
            }
        }
        return response
    }
}
