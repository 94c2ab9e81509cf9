internal import Logging
internal import MartletCore

/// The records of a consumer, read as what they stand for.
///
/// Made by `messages(of:)` and `results(of:)` of a consumer. As with its `records`, another loop goes on
/// where this one has ended.
public struct Messages<Base: AsyncSequence, Element>: AsyncSequence
where Base.Element: Sendable, Base.Failure == MartletError {
    /// Nil leaves the record out.
    typealias Transform = @Sendable (Base.Element) -> Result<Element?, MartletError>

    let base: Base
    let transform: Transform

    public func makeAsyncIterator() -> Iterator {
        Iterator(base: base.makeAsyncIterator(), transform: transform)
    }

    public struct Iterator: AsyncIteratorProtocol {
        var base: Base.AsyncIterator
        let transform: Transform

        public mutating func next() async throws(MartletError) -> Element? {
            try await next(isolation: #isolation)
        }

        public mutating func next(
            isolation actor: isolated (any Actor)?
        ) async throws(MartletError) -> Element? {
            while let record = try await base.next(isolation: actor) {
                if let element = try transform(record).get() { return element }
            }
            return nil
        }
    }
}

extension Messages: Sendable where Base: Sendable {}

extension UndecodablePolicy {
    /// - Returns: What takes a record, and gives nothing where it is to be left out.
    func applied<Element>(
        to decoder: some MessageDecoder<Element>, _ client: MartletClient
    ) -> @Sendable (ConsumerRecord) -> Result<Element?, MartletError> {
        { record in
            switch decoder.result(of: record) {
            case .success(let element): return .success(element)
            case .failure(let error):
                guard self == .skip else { return .failure(MartletError(error)) }
                client.didSkip(error)
                return .success(nil)
            }
        }
    }
}

extension MartletClient {
    func didSkip(_ record: UndecodableRecord) {
        telemetry.consumer?.didSkipUndecodable()
        configuration.logger.warning(
            "a record cannot be read and is skipped",
            metadata: [
                "partition": "\(record.partition)", "offset": "\(record.offset)",
                "reason": "\(record.reason)",
            ])
    }
}
