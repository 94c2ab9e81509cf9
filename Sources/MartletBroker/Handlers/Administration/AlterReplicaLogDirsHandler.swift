internal import MartletCore
internal import MartletWire

/// AlterReplicaLogDirs: moves partitions to other directories of the broker. There is one, where all of them
/// are.
struct AlterReplicaLogDirsHandler: ControlHandler {
    let controller: Controller
    let path: String

    func handle(
        _ request: AlterReplicaLogDirsRequest, from client: Client
    ) async -> AlterReplicaLogDirsResponse {
        let image = await controller.image
        var response = AlterReplicaLogDirsResponse()
        for directory in request.directories {
            response.topics += directory.topics.map { topic in
                let count = image.topics[topic.name]?.partitions.count ?? 0
                return AlterReplicaLogDirsResponse.Topic {
                    $0.name = topic.name
                    $0.partitions = topic.partitions.map { index in
                        AlterReplicaLogDirsResponse.Partition {
                            $0.index = index
                            if directory.path != path {
                                $0.errorCode = .logDirNotFound
                            } else if !(0..<count).contains(Int(index)) {
                                $0.errorCode = .unknownTopicOrPartition
                            }
                        }
                    }
                }
            }
        }
        return response
    }
}
