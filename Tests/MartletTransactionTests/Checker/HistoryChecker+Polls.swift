import MartletCore

extension HistoryChecker {
    private struct Spot: Hashable {
        var partition: TopicPartition
        var offset: Offset
    }

    /// What consumers got must be what is there in the end: all of it, nothing else, in its place.
    mutating func checkPolls() {
        var content: [Spot: Value] = [:]
        for (partition, final) in index.finalPartitions {
            for place in final.records {
                content[Spot(partition: partition, offset: place.offset)] = place.value
            }
        }
        for (_, poll) in index.polls {
            for place in poll.records {
                let spot = Spot(partition: poll.partition, offset: place.offset)
                if let other = content[spot], other != place.value {
                    report(.takenBack(place, poll.partition, by: poll.reader))
                } else if index.origin[place.value]?.partition != poll.partition {
                    report(.inventedRecord(place.value, poll.partition))
                } else if poll.isCommitted, content[spot] == nil {
                    reportMissing(place, poll)
                } else {
                    // A place keeps its record, also among those who read what is not committed.
                    content[spot] = place.value
                }
            }
        }
        checkSkipped()
    }

    /// A record that a read-committed consumer got, and that is not there.
    private mutating func reportMissing(_ place: History.Place, _ poll: History.Poll) {
        if let there = index.places[place.value] {
            report(
                there.offset == place.offset
                    ? .takenBack(place, poll.partition, by: poll.reader)
                    : .duplicate(place.value, poll.partition))
            return
        }
        guard let name = index.origin[place.value]?.transaction,
            index.transactions[name]?.knownOutcome != true
        else { return report(.takenBack(place, poll.partition, by: poll.reader)) }
        report(.abortedRead(name, place.value, by: poll.reader))
    }

    private mutating func checkSkipped() {
        for (_, poll) in index.polls {
            guard let final = index.final?.partitions[poll.partition] else { continue }
            let got = Set(poll.records.map(\.value))
            for place in final.records
            where poll.offsets.contains(place.offset) && !got.contains(place.value) {
                report(.skippedRecord(place.value, at: place.offset, of: poll.partition, by: poll.reader))
            }
        }
    }

    /// Who asks later is not told less.
    mutating func checkBounds() {
        checkBound {
            $0.lastStable
        } final: {
            $0.lastStable
        }
        checkBound {
            $0.highWatermark
        } final: {
            $0.highWatermark
        }
    }

    private mutating func checkBound(
        _ bound: (History.Poll) -> Offset, final: (History.Final.Partition) -> Offset
    ) {
        // The largest that had been told by each place in the history.
        var told: [TopicPartition: [(place: Int, largest: Offset)]] = [:]
        for (place, poll) in index.polls {
            let before = told[poll.partition]?.last { $0.place < poll.began }
            if let before, bound(poll) < before.largest {
                report(.fellBack(poll.partition, from: before.largest, to: bound(poll)))
            }
            let largest = max(bound(poll), told[poll.partition]?.last?.largest ?? bound(poll))
            told[poll.partition, default: []].append((place, largest))
        }
        for (partition, content) in index.finalPartitions {
            guard let largest = told[partition]?.last?.largest, final(content) < largest else { continue }
            report(.fellBack(partition, from: largest, to: final(content)))
        }
    }
}
