import MartletCore
import MartletLog

extension TransactionModel {
    /// What must become of something that is sent.
    enum Judgement: Equatable, CustomStringConvertible {
        case append
        case duplicate(of: Offset)
        case refuse(ErrorCode)

        var description: String {
            switch self {
            case .append: "append"
            case .duplicate(let offset): "duplicate of \(offset)"
            case .refuse(let code): "refuse with \(code.rawValue)"
            }
        }
    }

    /// What is asked of the coordinator at the moment.
    struct Verification {
        var token: TransactionVerification
        var epoch: Int16
        var lowest: Int32
        var bumpsEpoch: Bool
    }

    /// Judges a batch of a client, or of a coordinator.
    func judge(
        _ batch: Batch, isClient: Bool, _ verification: Verification?, with token: TransactionVerification?
    ) -> [Judgement] {
        let known = producers[batch.producer]
        let producer = known ?? Producer()
        let isTransactional = batch.kind == .transactional
        if batch.epoch < producer.epoch { return [.refuse(.invalidProducerEpoch)] }
        var result: [Judgement] = []
        if isClient, batch.epoch == producer.epoch,
            let index = producer.recent.lastIndex(where: {
                $0.first == batch.sequence && $0.last == batch.lastSequence && $0.first >= 0
            })
        {
            result = [.duplicate(of: producer.recent[index].offset)]
            if index >= producer.recent.count - producer.certainCount { return result }
        }
        let isOpen = producer.openStart != nil && producer.epoch == batch.epoch
        if isTransactional, !isOpen, token == nil || token != verification?.token {
            return result + [.refuse(.invalidTxnState)]
        }
        if isClient, let wrong = judgeSequence(batch, producer, isOpen ? nil : verification) {
            return result + [wrong]
        }
        if !isTransactional, producer.openStart != nil { return result + [.refuse(.invalidTxnState)] }
        return result + [.append]
    }

    private func judgeSequence(
        _ batch: Batch, _ producer: Producer, _ verification: Verification?
    ) -> Judgement? {
        let wrong = Judgement.refuse(.outOfOrderSequenceNumber)
        if let verification, verification.epoch == batch.epoch {
            if verification.bumpsEpoch, producer.recent.isEmpty, batch.sequence != 0 { return wrong }
            if batch.sequence > verification.lowest { return wrong }
        }
        if producer.epoch == batch.epoch {
            let last = producer.recent.last?.last ?? -1
            return batch.sequence == last + 1 ? nil : wrong
        }
        return producer.epoch >= 0 && batch.sequence != 0 ? wrong : nil
    }

    /// Judges a marker.
    func judge(
        markerOf id: Int64, epoch: Int16, coordinator: Int32, isEpochBumped: Bool
    ) -> Judgement {
        let producer = producers[id] ?? Producer()
        let isAccepted =
            isEpochBumped
            ? epoch > producer.epoch || (epoch == producer.epoch && producer.openStart == nil)
            : epoch >= producer.epoch
        if !isAccepted { return .refuse(.invalidProducerEpoch) }
        if coordinator < producer.coordinator { return .refuse(.transactionCoordinatorFenced) }
        return .append
    }
}
