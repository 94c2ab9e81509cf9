internal import MartletCoordination
internal import MartletCore
internal import NIOCore

/// How a share fetch hands on what the member says of records that it has.
extension ShareFetchOperation {
    func acknowledgeAll() {
        let home = shard.eventLoop
        let operation = NIOLoopBound(self, eventLoop: home)
        let member = options.session.member
        let renews = options.renewsLocks
        for (index, target) in targets.enumerated() where !target.acknowledgements.isEmpty {
            guard case .shard(let owner, _) = locations[index] else {
                if case .unknown(let code) = locations[index] { acknowledged[index].code = code }
                continue
            }
            pendingAcknowledgements += 1
            shard.router[owner].execute { shard in
                let answer: @Sendable (ErrorCode, String?) -> Void = { code, message in
                    home.execute { operation.value.didAcknowledge(index, code, message) }
                }
                guard let shell = shard.sharing.existing(target.key) else {
                    return answer(.invalidRecordState, "The member has no records of this partition.")
                }
                shell.acknowledge(target.acknowledgements, by: member, allowsRenewal: renews, answer)
            }
        }
    }

    private func didAcknowledge(_ index: Int, _ code: ErrorCode, _ message: String?) {
        acknowledged[index] = Acknowledged(code: code, message: message)
        pendingAcknowledgements -= 1
        finishIfDone()
    }
}
