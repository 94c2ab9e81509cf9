internal import MartletCore
internal import MartletWire

/// IncrementalAlterConfigs: changes single settings of topics, brokers, groups and subscriptions to metrics
/// of clients (KIP-339).
struct IncrementalAlterConfigsHandler: ControlHandler {
    let controller: Controller

    func handle(
        _ request: IncrementalAlterConfigsRequest, from client: Client
    ) async -> IncrementalAlterConfigsResponse {
        var response = IncrementalAlterConfigsResponse()
        let resources = Repetitions(request.resources.map { ConfigResource($0.type, $0.name) })
        for resource in request.resources {
            var answer = IncrementalAlterConfigsResponse.Resource()
            answer.type = resource.type
            answer.name = resource.name
            do throws(RequestError) {
                let key = ConfigResource(resource.type, resource.name)
                try resources.check(key, "a resource")
                let names = Repetitions(resource.configs.map(\.name))
                let changes = try resource.configs.map { config throws(RequestError) in
                    try names.check(config.name, config.name)
                    return try change(config)
                }
                try await controller.changeSettings(
                    of: key, .single(changes), isDryRun: request.validateOnly)
            } catch {
                answer.errorCode = error.code
                answer.errorMessage = error.message
            }
            response.resources.append(answer)
        }
        return response
    }

    private func change(
        _ config: IncrementalAlterConfigsRequest.Config
    ) throws(RequestError) -> SettingChange {
        if config.operation == .delete { return SettingChange(key: config.name, operation: .unset) }
        guard let value = config.value else {
            throw RequestError(.invalidRequest, "\(config.name) needs a value.")
        }
        switch config.operation {
        case .set: return SettingChange(key: config.name, operation: .set(value))
        case .append: return SettingChange(key: config.name, operation: .append(value))
        case .subtract: return SettingChange(key: config.name, operation: .subtract(value))
        default:
            throw RequestError(
                .invalidRequest, "There is no operation \(config.operation.rawValue) on settings.")
        }
    }
}
