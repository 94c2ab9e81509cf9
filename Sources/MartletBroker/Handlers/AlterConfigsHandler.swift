internal import MartletCore
internal import MartletWire

/// AlterConfigs: replaces all settings of a resource; what is not named goes back to its default.
struct AlterConfigsHandler: ControlHandler {
    let controller: Controller

    func handle(_ request: AlterConfigsRequest, from client: Client) async -> AlterConfigsResponse {
        var response = AlterConfigsResponse()
        let resources = Repetitions(request.resources.map { ConfigResource($0.type, $0.name) })
        for resource in request.resources {
            var answer = AlterConfigsResponse.Resource()
            answer.type = resource.type
            answer.name = resource.name
            do throws(RequestError) {
                let key = ConfigResource(resource.type, resource.name)
                try resources.check(key, "a resource")
                let names = Repetitions(resource.configs.map(\.name))
                var settings: [String: String] = [:]
                for config in resource.configs {
                    try names.check(config.name, config.name)
                    guard let value = config.value else {
                        throw RequestError(.invalidRequest, "\(config.name) needs a value.")
                    }
                    settings[config.name] = value
                }
                try await controller.changeSettings(of: key, .all(settings), isDryRun: request.validateOnly)
            } catch {
                answer.errorCode = error.code
                answer.errorMessage = error.message
            }
            response.resources.append(answer)
        }
        return response
    }
}
