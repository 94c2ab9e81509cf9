internal import MartletCore
internal import MartletWire

/// IncrementalAlterConfigs: changes single settings of topics (KIP-339).
struct IncrementalAlterConfigsHandler: ControlHandler {
    let controller: Controller

    func handle(
        _ request: IncrementalAlterConfigsRequest, from client: Client
    ) async -> IncrementalAlterConfigsResponse {
        var response = IncrementalAlterConfigsResponse()
        let resources = Repetitions(request.resources.map { ResourceKey(type: $0.type, name: $0.name) })
        for resource in request.resources {
            var answer = IncrementalAlterConfigsResponse.Resource()
            answer.type = resource.type
            answer.name = resource.name
            do throws(RequestError) {
                try resources.check(ResourceKey(type: resource.type, name: resource.name), "a resource")
                let keys = Repetitions(resource.configs.map(\.name))
                for config in resource.configs { try keys.check(config.name, config.name) }
                let topic = try await controller.topicToAlter(resource.type, resource.name)
                let changes = try resource.configs.map { config throws(RequestError) in
                    try change(config, of: topic)
                }
                try await controller.changeSettings(of: topic.name, changes, isDryRun: request.validateOnly)
            } catch {
                answer.errorCode = error.code
                answer.errorMessage = error.message
            }
            response.resources.append(answer)
        }
        return response
    }

    private func change(
        _ config: IncrementalAlterConfigsRequest.Config, of topic: MetadataImage.Topic
    ) throws(RequestError) -> Controller.SettingChange {
        switch config.operation {
        case .set:
            guard let value = config.value else {
                throw RequestError(.invalidRequest, "\(config.name) needs a value.")
            }
            return (config.name, value)
        case .delete:
            guard TopicConfigKeys.byName[config.name] != nil else {
                throw RequestError(.invalidConfig, "There is no topic setting \(config.name).")
            }
            return (config.name, nil)
        case .append, .subtract:
            return (config.name, try listChange(config, of: topic))
        default:
            throw RequestError(
                .invalidRequest, "There is no operation \(config.operation.rawValue) on settings.")
        }
    }

    private func listChange(
        _ config: IncrementalAlterConfigsRequest.Config, of topic: MetadataImage.Topic
    ) throws(RequestError) -> String {
        guard let key = TopicConfigKeys.byName[config.name], case .list = key.kind else {
            throw RequestError(
                .invalidConfig, "\(config.name) is not a list that values can be added to or taken from.")
        }
        let current = Self.items(topic.settings.string(key.name, controller.environment.settings))
        let given = Self.items(config.value)
        let changed =
            config.operation == .append
            ? current + given.filter { !current.contains($0) } : current.filter { !given.contains($0) }
        return changed.joined(separator: ",")
    }

    private static func items(_ list: String?) -> [String] {
        (list ?? "").split(separator: ",").map { String($0.trimming(while: { $0 == " " })) }
    }
}

/// AlterConfigs: replaces all settings of topics; what is not named goes back to its default.
struct AlterConfigsHandler: ControlHandler {
    let controller: Controller

    func handle(_ request: AlterConfigsRequest, from client: Client) async -> AlterConfigsResponse {
        var response = AlterConfigsResponse()
        let resources = Repetitions(request.resources.map { ResourceKey(type: $0.type, name: $0.name) })
        for resource in request.resources {
            var answer = AlterConfigsResponse.Resource()
            answer.type = resource.type
            answer.name = resource.name
            do throws(RequestError) {
                try resources.check(ResourceKey(type: resource.type, name: resource.name), "a resource")
                let keys = Repetitions(resource.configs.map(\.name))
                for config in resource.configs { try keys.check(config.name, config.name) }
                let topic = try await controller.topicToAlter(resource.type, resource.name)
                let named = Set(resource.configs.map(\.name))
                let unset = topic.settings.overrides.keys.filter { !named.contains($0) }.sorted()
                if let config = resource.configs.first(where: { $0.value == nil }) {
                    throw RequestError(.invalidRequest, "\(config.name) needs a value.")
                }
                let changes: [Controller.SettingChange] =
                    unset.map { ($0, nil) } + resource.configs.map { ($0.name, $0.value) }
                try await controller.changeSettings(of: topic.name, changes, isDryRun: request.validateOnly)
            } catch {
                answer.errorCode = error.code
                answer.errorMessage = error.message
            }
            response.resources.append(answer)
        }
        return response
    }
}

private struct ResourceKey: Hashable {
    let type: ConfigResourceType
    let name: String
}

/// What a request names more than once: it would depend on the order what comes of it, so nothing does.
private struct Repetitions<Key: Hashable> {
    private let counts: [Key: Int]

    init(_ keys: [Key]) {
        counts = keys.reduce(into: [:]) { $0[$1, default: 0] += 1 }
    }

    func check(_ key: Key, _ description: String) throws(RequestError) {
        if counts[key, default: 0] > 1 {
            throw RequestError(.invalidRequest, "The request names \(description) more than once.")
        }
    }
}

extension Controller {
    fileprivate func topicToAlter(
        _ type: ConfigResourceType, _ name: String
    ) throws(RequestError) -> MetadataImage.Topic {
        guard type == .topic else {
            throw RequestError(
                .invalidRequest,
                "Only settings of topics can be changed while the broker runs; change the broker's own at its start."
            )
        }
        guard let topic = image.topics[TopicName(name)] else { throw .unknownTopic(TopicName(name)) }
        return topic
    }
}
