/// Where a broker of a test keeps its topics.
public enum TestStorage: Sendable {
    /// In memory, gone with the broker.
    case memory
    /// In a directory that is made for the broker, and removed with it.
    case temporaryDirectory
    /// In this directory, which stays.
    case directory(String)
}
