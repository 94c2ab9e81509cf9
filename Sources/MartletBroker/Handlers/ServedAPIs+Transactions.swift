internal import MartletWire

extension ServedAPIs {
    /// What transactional producers ask for, and those who look after them.
    static func transactions(
        _ control: ControlQueue, _ controller: Controller, _ groups: GroupAccess,
        _ transactions: TransactionAccess
    ) -> [ServedAPI] {
        [
            ServedAPI(
                InitProducerIDHandler(controller: controller, transactions: transactions), in: control,
                advertised: InitProducerIDHandler.advertisedVersions),
            ServedAPI(AddPartitionsToTxnHandler(transactions: transactions), in: control),
            ServedAPI(AddOffsetsToTxnHandler(transactions: transactions, groups: groups), in: control),
            ServedAPI(TxnOffsetCommitHandler(groups: groups, transactions: transactions)),
            ServedAPI(EndTxnRequest.self, transactions),
            ServedAPI(WriteTxnMarkersHandler(transactions: transactions)),
            ServedAPI(DescribeTransactionsHandler(transactions: transactions), in: control),
            ServedAPI(ListTransactionsHandler(transactions: transactions), in: control),
            ServedAPI(UpdateFeaturesHandler(controller: controller), in: control),
        ]
    }
}
