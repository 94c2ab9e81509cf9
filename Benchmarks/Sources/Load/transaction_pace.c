#include "transaction_pace.h"

void pace_sent(struct transaction_pace *pace, uint64_t now) {
    if (pace->sent++ == 0) pace->begun_at = now;
}

int pace_is_due(const struct transaction_pace *pace, uint64_t now) {
    if (pace->sent == 0) return 0;
    if (pace->batches > 0 && pace->sent >= pace->batches) return 1;
    return pace->interval > 0 && now - pace->begun_at >= pace->interval;
}

int pace_commits(const struct transaction_pace *pace) {
    return pace->abort_every == 0 || (pace->ended + 1) % pace->abort_every != 0;
}

void pace_ended(struct transaction_pace *pace, uint64_t nanoseconds) {
    if (!pace_commits(pace)) pace->aborted++;
    pace->ended++;
    pace->sent = 0;
    histogram_add(&pace->latency, nanoseconds);
}

void pace_reset(struct transaction_pace *pace) {
    pace->ended = pace->aborted = 0;
    pace->latency = (struct histogram){0};
}
