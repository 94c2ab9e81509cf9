#include "library.h"

#ifdef HAS_RDKAFKA

#include "failure.h"

#include <stdlib.h>
#include <string.h>

/// How long to wait at the end for what is under way.
enum { FLUSH_MS = 120000, POLL_MS = 100 };

struct producer {
    rd_kafka_t *client;
    rd_kafka_topic_t *topic;
    struct client_values values;
    struct client_result result;
    /// Index of the next value.
    size_t next;
    uint64_t reports;
    uint64_t failures;
    rd_kafka_message_t *portion;
};

static void take_report(rd_kafka_t *client, const rd_kafka_message_t *message, void *opaque) {
    (void)client;
    struct producer *producer = opaque;
    producer->reports++;
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) producer->failures++;
}

static void prepare(struct producer *producer, const struct client_work *work) {
    rd_kafka_conf_t *conf = rdkafka_conf(work);
    rdkafka_set(conf, "acks", "all");
    rdkafka_set(conf, "enable.idempotence", "true");
    rdkafka_set(conf, "compression.codec", work->compression);
    // Who waits for each record gains nothing by lingering.
    rdkafka_set_number(conf, "linger.ms", strcmp(work->form, "await") == 0 ? 0 : work->linger_ms);
    rdkafka_set_number(conf, "batch.size", work->batch_bytes);
    rdkafka_set(conf, "batch.num.messages", "1000000");
    rdkafka_set_number(conf, "max.in.flight.requests.per.connection", work->in_flight);
    rdkafka_set_number(conf, "queue.buffering.max.kbytes", work->buffer_bytes >> 10);
    rdkafka_set(conf, "queue.buffering.max.messages", "10000000");
    // At its best, the library tells of failures alone: one report for each record costs as much again.
    if (strcmp(work->form, "batch") == 0) rdkafka_set(conf, "delivery.report.only.error", "true");
    rdkafka.conf_set_dr_msg_cb(conf, take_report);
    rdkafka.conf_set_opaque(conf, producer);
    char reason[256];
    producer->client = rdkafka.new(RD_KAFKA_PRODUCER, conf, reason, sizeof reason);
    if (producer->client == NULL) fail("%s", reason);
    producer->topic = rdkafka.topic_new(producer->client, work->topic, NULL);
    if (producer->topic == NULL) fail("cannot open the topic");
    producer->values = client_values_make(work->record_bytes);
    producer->portion = calloc(work->portion, sizeof *producer->portion);
    if (producer->portion == NULL) fail("no memory for a portion of records");
}

static const uint8_t *next_value(struct producer *producer) {
    const uint8_t *value = producer->values.bytes + producer->next * producer->values.length;
    if (++producer->next == producer->values.count) producer->next = 0;
    producer->result.digest += value[0];
    return value;
}

/// Hands over `count` records in one call, without a copy of the values, and what was refused for want of
/// room again.
static void send_portion(struct producer *producer, size_t count) {
    rd_kafka_message_t *messages = producer->portion;
    for (size_t i = 0; i < count; i++) {
        messages[i] = (rd_kafka_message_t){
            .payload = (void *)next_value(producer), .len = producer->values.length};
    }
    while (count > 0) {
        int taken = rdkafka.produce_batch(producer->topic, RD_KAFKA_PARTITION_UA, 0, messages, (int)count);
        if (taken == (int)count) return;
        size_t left = 0;
        for (size_t i = 0; i < count; i++) {
            rd_kafka_resp_err_t error = messages[i].err;
            if (error == RD_KAFKA_RESP_ERR_NO_ERROR) continue;
            if (error != RD_KAFKA_RESP_ERR__QUEUE_FULL) fail("%s", rdkafka.err2str(error));
            messages[left] = messages[i];
            messages[left++].err = RD_KAFKA_RESP_ERR_NO_ERROR;
        }
        count = left;
        rdkafka.poll(producer->client, 1);
    }
}

/// Hands one record over as most programs do: copied, with a report when it is delivered.
static void send_one(struct producer *producer) {
    const uint8_t *value = next_value(producer);
    while (rdkafka.produce(producer->topic, RD_KAFKA_PARTITION_UA, RD_KAFKA_MSG_F_COPY, (void *)value,
                           producer->values.length, NULL, 0, NULL) != 0) {
        rd_kafka_resp_err_t error = rdkafka.last_error();
        if (error != RD_KAFKA_RESP_ERR__QUEUE_FULL) fail("%s", rdkafka.err2str(error));
        rdkafka.poll(producer->client, POLL_MS);
    }
    rdkafka.poll(producer->client, 0);
}

/// Has as many records under way as there would be tasks, and sends the next when one is acknowledged.
static void send_awaited(struct producer *producer, uint64_t records, uint64_t tasks) {
    uint64_t first = producer->reports;
    for (uint64_t sent = 0; sent < records; sent++) {
        while (sent - (producer->reports - first) >= tasks) rdkafka.poll(producer->client, POLL_MS);
        send_one(producer);
    }
}

static void send_records(struct producer *producer, const struct client_work *work, uint64_t records) {
    if (strcmp(work->form, "batch") == 0) {
        for (uint64_t left = records; left > 0;) {
            size_t count = left < work->portion ? (size_t)left : (size_t)work->portion;
            send_portion(producer, count);
            rdkafka.poll(producer->client, 0);
            left -= count;
        }
    } else if (strcmp(work->form, "await") == 0) {
        send_awaited(producer, records, work->tasks);
    } else {
        for (uint64_t left = records; left > 0; left--) send_one(producer);
    }
    if (rdkafka.flush(producer->client, FLUSH_MS) != RD_KAFKA_RESP_ERR_NO_ERROR) fail("flush timed out");
    if (producer->failures > 0) fail("%lu records were not delivered", producer->failures);
    producer->result.records += records;
    producer->result.value_bytes += records * producer->values.length;
}

void run_produce(const struct client_work *work) {
    struct producer producer = {0};
    prepare(&producer, work);
    send_records(&producer, work, work->warm);
    producer.result = (struct client_result){.version = rdkafka_version()};
    struct client_usage start = client_usage_now();
    send_records(&producer, work, work->records);
    client_report(&start, &producer.result);
    rdkafka.topic_destroy(producer.topic);
    rdkafka.destroy(producer.client);
}

#endif
