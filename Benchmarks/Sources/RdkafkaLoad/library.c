#include "library.h"

#ifdef HAS_RDKAFKA

#include "failure.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

struct rdkafka rdkafka;

void rdkafka_load(const char *path) {
    void *library = dlopen(*path != 0 ? path : "librdkafka.so.1", RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) fail("%s", dlerror());
#define RDKAFKA_FIND(name)                                                                                   \
    *(void **)&rdkafka.name = dlsym(library, "rd_kafka_" #name);                                             \
    if (rdkafka.name == NULL) fail("the library has no rd_kafka_" #name);
    RDKAFKA_FUNCTIONS(RDKAFKA_FIND)
#undef RDKAFKA_FIND
}

uint64_t rdkafka_version(void) {
    // A byte each for major, minor and patch, above one for the state of the release.
    unsigned version = (unsigned)rdkafka.version();
    return (uint64_t)(version >> 24) * 10000 + (uint64_t)(version >> 16 & 0xff) * 100 + (version >> 8 & 0xff);
}

void rdkafka_set(rd_kafka_conf_t *conf, const char *name, const char *value) {
    char reason[256];
    if (rdkafka.conf_set(conf, name, value, reason, sizeof reason) != RD_KAFKA_CONF_OK) fail("%s", reason);
}

void rdkafka_set_if_known(rd_kafka_conf_t *conf, const char *name, const char *value) {
    char reason[256];
    rd_kafka_conf_res_t result = rdkafka.conf_set(conf, name, value, reason, sizeof reason);
    if (result == RD_KAFKA_CONF_INVALID) fail("%s", reason);
}

void rdkafka_set_number(rd_kafka_conf_t *conf, const char *name, uint64_t value) {
    char text[32];
    snprintf(text, sizeof text, "%lu", value);
    rdkafka_set(conf, name, text);
}

rd_kafka_conf_t *rdkafka_conf(const struct client_work *work) {
    rd_kafka_conf_t *conf = rdkafka.conf_new();
    rdkafka_set(conf, "bootstrap.servers", work->address);
    rdkafka_set(conf, "broker.address.family", "v4");
    rdkafka_set(conf, "log_level", "4");
    // Brokers may ask a client to report on itself, which is not what is measured.
    rdkafka_set_if_known(conf, "enable.metrics.push", "false");
    return conf;
}

#endif
