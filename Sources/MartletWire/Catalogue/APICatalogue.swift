/// All APIs whose messages are here, in the order of their keys. The list is data: header layouts, dispatch, the table of
/// served APIs and the tests over every message follow from it.
package enum APICatalogue {
    package static let requests: [any KafkaRequest.Type] = [
        ProduceRequest.self,
        FetchRequest.self,
        ListOffsetsRequest.self,
        MetadataRequest.self,
        ApiVersionsRequest.self,
        CreateTopicsRequest.self,
        DeleteRecordsRequest.self,
        InitProducerIDRequest.self,
        OffsetForLeaderEpochRequest.self,
        DescribeClusterRequest.self,
    ]
}
