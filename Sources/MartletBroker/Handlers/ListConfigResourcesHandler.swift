internal import MartletCore
internal import MartletWire

/// ListConfigResources: the names of everything that has settings, or may have them (KIP-1142).
struct ListConfigResourcesHandler: ControlHandler {
    let controller: Controller

    private static let types: [ConfigResourceType] = [.topic, .broker, .brokerLogger, .clientMetrics, .group]

    func handle(
        _ request: ListConfigResourcesRequest, from client: Client
    ) async -> ListConfigResourcesResponse {
        var response = ListConfigResourcesResponse()
        let asked: [ConfigResourceType]
        if client.version == 0 {
            asked = [.clientMetrics]
        } else {
            guard request.resourceTypes.allSatisfy({ Self.types.contains($0) }) else {
                response.errorCode = .unsupportedVersion
                return response
            }
            let named = Set(request.resourceTypes)
            asked = Self.types.filter { named.isEmpty || named.contains($0) }
        }
        let image = await controller.image
        for type in asked {
            response.resources += names(of: type, image).map { name in
                ListConfigResourcesResponse.Resource {
                    $0.name = name
                    $0.type = type
                }
            }
        }
        return response
    }

    private func names(of type: ConfigResourceType, _ image: MetadataImage) -> [String] {
        switch type {
        case .topic: image.topics.keys.map(\.rawValue).sorted()
        case .broker, .brokerLogger: ["\(controller.environment.brokerID)"]
        case .clientMetrics: image.clientMetrics.keys.sorted()
        case .group: image.groupSettings.keys.map(\.rawValue).sorted()
        default: []
        }
    }
}
