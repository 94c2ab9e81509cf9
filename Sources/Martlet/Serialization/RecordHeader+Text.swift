public import MartletCore
public import MartletRecords

extension RecordHeader {
    /// A header with text, in UTF-8.
    public init(_ key: String, _ text: some StringProtocol) {
        self.init(key: key, value: Bytes(text))
    }

    /// The value as text; nil if there is none, or if it is not UTF-8.
    public var text: String? { value?.text }
}

extension [RecordHeader] {
    /// The text of the last header of this name; nil if there is no such header, or no text in it.
    ///
    /// Setting it puts one header in the place of all of this name; setting nil removes them.
    ///
    ///     let source = record.headers["source"]
    public subscript(name: String) -> String? {
        get { last { $0.key == name }?.text }
        set {
            removeAll { $0.key == name }
            if let newValue { append(RecordHeader(name, newValue)) }
        }
    }

    /// The values of all headers of a name, in their order.
    public func values(of name: String) -> [Bytes?] {
        compactMap { header -> Bytes?? in header.key == name ? .some(header.value) : nil }
    }
}
