internal import MartletWire

extension ServedAPIs {
    /// What operators and their tools ask for.
    static func administration(
        _ control: ControlQueue, _ controller: Controller, _ partitions: PartitionAccess
    ) -> [ServedAPI] {
        let telemetry = ClientTelemetry(controller)
        return [
            ServedAPI(
                AlterReplicaLogDirsHandler(controller: controller, path: partitions.storage.path),
                in: control),
            ServedAPI(DescribeLogDirsHandler(partitions: partitions), in: control),
            ServedAPI(ElectLeadersHandler(controller: controller), in: control),
            ServedAPI(AlterPartitionReassignmentsHandler(controller: controller), in: control),
            ServedAPI(ListPartitionReassignmentsHandler(), in: control),
            ServedAPI(DescribeClientQuotasHandler(controller: controller), in: control),
            ServedAPI(AlterClientQuotasHandler(controller: controller), in: control),
            ServedAPI(DescribeProducersHandler(partitions: partitions), in: control),
            ServedAPI(GetTelemetrySubscriptionsHandler(telemetry: telemetry), in: control),
            ServedAPI(PushTelemetryHandler(telemetry: telemetry), in: control),
            ServedAPI(ListConfigResourcesHandler(controller: controller), in: control),
        ]
    }
}
