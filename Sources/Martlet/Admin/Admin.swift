/// Administration of a cluster.
public struct Admin: Sendable {
    let client: MartletClient
}
