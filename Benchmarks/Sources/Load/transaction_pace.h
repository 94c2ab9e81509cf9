#ifndef LOAD_TRANSACTION_PACE_H
#define LOAD_TRANSACTION_PACE_H

#include "histogram.h"

#include <stdint.h>

/// When a producer ends its transactions, and how.
struct transaction_pace {
    /// Nanoseconds from the first batch until it is time; 0 for ever.
    uint64_t interval;
    /// Batches in a transaction at most; 0 for any number.
    uint64_t batches;
    /// Every so many transactions one is aborted; 0 for none.
    uint64_t abort_every;

    /// Of the transaction that is open.
    uint64_t begun_at;
    uint64_t sent;

    uint64_t ended;
    uint64_t aborted;
    /// From asking for the end until it was there.
    struct histogram latency;
};

/// Notes a batch of the open transaction, which the first one begins.
void pace_sent(struct transaction_pace *pace, uint64_t now);

/// Whether nothing may be added to the open transaction.
int pace_is_due(const struct transaction_pace *pace, uint64_t now);

/// Whether the open transaction is one to be committed.
int pace_commits(const struct transaction_pace *pace);

void pace_ended(struct transaction_pace *pace, uint64_t nanoseconds);

/// Begins to count anew.
void pace_reset(struct transaction_pace *pace);

#endif
