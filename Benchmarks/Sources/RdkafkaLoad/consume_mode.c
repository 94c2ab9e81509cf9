#include "library.h"

#ifdef HAS_RDKAFKA

#include "failure.h"

#include <stdlib.h>
#include <string.h>

enum { POLL_MS = 1000, PORTION = 10000 };

/// Rounds without a record after which the rest is missing.
enum { MOST_EMPTY_ROUNDS = 20 };

static rd_kafka_t *make_consumer(const struct client_work *work) {
    rd_kafka_conf_t *conf = rdkafka_conf(work);
    rdkafka_set(conf, "group.id", "martlet-benchmarks");
    rdkafka_set(conf, "enable.auto.commit", "false");
    rdkafka_set(conf, "enable.auto.offset.store", "false");
    rdkafka_set(conf, "check.crcs", "true");
    rdkafka_set(conf, "fetch.wait.max.ms", "500");
    rdkafka_set_number(conf, "fetch.max.bytes", work->fetch_bytes);
    rdkafka_set_number(conf, "max.partition.fetch.bytes", work->partition_fetch_bytes);
    // With the default of 100,000 records the library stops fetching, and goes on up to a second later.
    rdkafka_set(conf, "queued.min.messages", "10000000");
    if (work->prefetch_bytes > 0) {
        rdkafka_set_number(conf, "queued.max.messages.kbytes", work->prefetch_bytes >> 10);
    }
    rdkafka_set_if_known(conf, "fetch.queue.backoff.ms", "1");
    char reason[256];
    rd_kafka_t *consumer = rdkafka.new(RD_KAFKA_CONSUMER, conf, reason, sizeof reason);
    if (consumer == NULL) fail("%s", reason);
    rdkafka.poll_set_consumer(consumer);
    return consumer;
}

static void assign(rd_kafka_t *consumer, const struct client_work *work) {
    rd_kafka_topic_partition_list_t *list = rdkafka.topic_partition_list_new((int)work->partitions);
    for (uint64_t i = 0; i < work->partitions; i++) {
        rdkafka.topic_partition_list_add(list, work->topic, (int32_t)i)->offset = RD_KAFKA_OFFSET_BEGINNING;
    }
    rd_kafka_resp_err_t error = rdkafka.assign(consumer, list);
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) fail("%s", rdkafka.err2str(error));
    rdkafka.topic_partition_list_destroy(list);
}

struct reading {
    rd_kafka_t *consumer;
    uint64_t records;
    struct client_usage start;
    struct client_result result;
};

static void take(rd_kafka_message_t *message, struct reading *reading) {
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) fail("%s", rdkafka.err2str(message->err));
    if (reading->result.records++ == 0) client_usage_restart_clock(&reading->start);
    reading->result.value_bytes += message->len;
    reading->result.digest += *(const uint8_t *)message->payload;
    rdkafka.message_destroy(message);
}

static void read_portions(struct reading *reading) {
    rd_kafka_message_t **messages = calloc(PORTION, sizeof *messages);
    if (messages == NULL) fail("no memory for a portion of records");
    rd_kafka_queue_t *queue = rdkafka.queue_get_consumer(reading->consumer);
    for (int empty = 0; reading->result.records < reading->records;) {
        ssize_t count = rdkafka.consume_batch_queue(queue, POLL_MS, messages, PORTION);
        if (count < 0) fail("%s", rdkafka.err2str(rdkafka.last_error()));
        empty = count == 0 ? empty + 1 : 0;
        if (empty == MOST_EMPTY_ROUNDS) fail("only %lu records came", reading->result.records);
        for (ssize_t i = 0; i < count; i++) take(messages[i], reading);
    }
    rdkafka.queue_destroy(queue);
    free(messages);
}

static void read_one_by_one(struct reading *reading) {
    for (int empty = 0; reading->result.records < reading->records;) {
        rd_kafka_message_t *message = rdkafka.consumer_poll(reading->consumer, POLL_MS);
        empty = message == NULL ? empty + 1 : 0;
        if (empty == MOST_EMPTY_ROUNDS) fail("only %lu records came", reading->result.records);
        if (message != NULL) take(message, reading);
    }
}

void run_consume(const struct client_work *work) {
    struct reading reading = {.consumer = make_consumer(work), .records = work->records};
    reading.result.version = rdkafka_version();
    reading.start = client_usage_now();
    assign(reading.consumer, work);
    if (strcmp(work->form, "batch") == 0) {
        read_portions(&reading);
    } else {
        read_one_by_one(&reading);
    }
    client_report(&reading.start, &reading.result);
    rdkafka.consumer_close(reading.consumer);
    rdkafka.destroy(reading.consumer);
}

#endif
