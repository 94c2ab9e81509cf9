internal import MartletCore

extension Consumer {
    /// All records to come, read as what they stand for.
    ///
    /// With `.fail`, a record that cannot be read ends the loop with `deserializationFailed`. It has been
    /// handed out by then: another loop goes on behind it, and `seek` to its offset reads it again.
    ///
    /// - Parameter source: A `Topic`, or `Topics` if the consumer reads several.
    public func messages<Element>(
        of source: some MessageDecoder<Element>, undecodable policy: UndecodablePolicy = .fail
    ) -> Messages<Records, Element> {
        Messages(base: records, transform: policy.applied(to: source, client))
    }

    /// All records to come; those that cannot be read come as failures in their place.
    public func results<Element>(
        of source: some MessageDecoder<Element>
    ) -> Messages<Records, Result<Element, UndecodableRecord>> {
        Messages(base: records) { record in .success(source.result(of: record)) }
    }
}

extension GroupConsumer {
    /// All records to come, read as what they stand for.
    ///
    /// With `.fail`, a record that cannot be read ends the loop with `deserializationFailed`. It counts as
    /// handed out and not done. If the error ends the member, its offset is not stored, and the record comes
    /// again: to the next start, or to another member. If it is caught, the next loop goes on behind the
    /// record, which with `RecordCompletion.onNextPoll` is then done, and with `.explicit` when `finish` says
    /// so; put it aside before. `seek` to its offset reads it again. A record that is skipped is finished
    /// with those behind it.
    ///
    /// - Parameter source: A `Topic`, or `Topics` if the group reads several.
    public func messages<Element>(
        of source: some MessageDecoder<Element>, undecodable policy: UndecodablePolicy = .fail
    ) -> Messages<Records, Element> {
        Messages(base: records, transform: policy.applied(to: source, client))
    }

    /// All records to come; those that cannot be read come as failures in their place, to be put aside.
    public func results<Element>(
        of source: some MessageDecoder<Element>
    ) -> Messages<Records, Result<Element, UndecodableRecord>> {
        Messages(base: records) { record in .success(source.result(of: record)) }
    }

    /// All records of its partition up to this one are done.
    public func finish(_ record: some ReceivedRecord) {
        finish(record.partition, before: record.offset + 1)
    }
}

extension ConsumerBatch {
    /// The records of the batch, read as what they stand for.
    ///
    /// - Throws: `deserializationFailed` for the first that cannot be read; `results(of:)` goes on.
    public func messages<Element>(
        of source: some MessageDecoder<Element>
    ) throws(MartletError) -> [Element] {
        var elements: [Element] = []
        elements.reserveCapacity(count)
        for record in self {
            do {
                elements.append(try source.decode(ConsumerRecord(partition: partition, record: record)))
            } catch {
                throw MartletError(error)
            }
        }
        return elements
    }

    /// The records of the batch; those that cannot be read are failures in their place.
    public func results<Element>(
        of source: some MessageDecoder<Element>
    ) -> [Result<Element, UndecodableRecord>] {
        map { record in source.result(of: ConsumerRecord(partition: partition, record: record)) }
    }
}
