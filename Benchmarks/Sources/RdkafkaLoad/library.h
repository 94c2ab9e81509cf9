#ifndef RDKAFKA_LOAD_LIBRARY_H
#define RDKAFKA_LOAD_LIBRARY_H

#if __has_include(<librdkafka/rdkafka.h>)
#define HAS_RDKAFKA 1
#include <librdkafka/rdkafka.h>

/// The functions that are used, loaded when the program runs: so the library can be a newer one than the
/// system's, and the package builds where there is none.
#define RDKAFKA_FUNCTIONS(X)                                                                                 \
    X(assign)                                                                                                \
    X(conf_new)                                                                                              \
    X(conf_set)                                                                                              \
    X(conf_set_dr_msg_cb)                                                                                    \
    X(conf_set_opaque)                                                                                       \
    X(consume_batch_queue)                                                                                   \
    X(consumer_close)                                                                                        \
    X(consumer_poll)                                                                                         \
    X(destroy)                                                                                               \
    X(err2str)                                                                                               \
    X(flush)                                                                                                 \
    X(last_error)                                                                                            \
    X(message_destroy)                                                                                       \
    X(new)                                                                                                   \
    X(poll)                                                                                                  \
    X(poll_set_consumer)                                                                                     \
    X(produce)                                                                                               \
    X(produce_batch)                                                                                         \
    X(queue_destroy)                                                                                         \
    X(queue_get_consumer)                                                                                    \
    X(topic_destroy)                                                                                         \
    X(topic_new)                                                                                             \
    X(topic_partition_list_add)                                                                              \
    X(topic_partition_list_destroy)                                                                          \
    X(topic_partition_list_new)                                                                              \
    X(version)

#define RDKAFKA_DECLARE(name) __typeof__(&rd_kafka_##name) name;
extern struct rdkafka {
    RDKAFKA_FUNCTIONS(RDKAFKA_DECLARE)
} rdkafka;
#undef RDKAFKA_DECLARE

#include "client_load.h"

/// Loads the library: the one at `path`, or the system's where that is empty.
void rdkafka_load(const char *path);

/// The library's version with two digits for each part.
uint64_t rdkafka_version(void);

/// Sets what both modes have in common.
rd_kafka_conf_t *rdkafka_conf(const struct client_work *work);

void rdkafka_set(rd_kafka_conf_t *conf, const char *name, const char *value);
/// Sets what older versions do not have.
void rdkafka_set_if_known(rd_kafka_conf_t *conf, const char *name, const char *value);
void rdkafka_set_number(rd_kafka_conf_t *conf, const char *name, uint64_t value);

void run_produce(const struct client_work *work);
void run_consume(const struct client_work *work);

#endif
#endif
