internal import MartletWire

/// Without access rules everybody may do whatever can be done with a resource.
extension AuthorizedOperations {
    static let allOnTopic = AuthorizedOperations([
        .read, .write, .create, .delete, .alter, .describe, .describeConfigs, .alterConfigs,
    ])
    static let allOnCluster = AuthorizedOperations([
        .create, .alter, .describe, .clusterAction, .describeConfigs, .alterConfigs, .idempotentWrite,
    ])
    static let allOnGroup = AuthorizedOperations([
        .read, .describe, .delete, .describeConfigs, .alterConfigs,
    ])
}
