#ifndef LOAD_MODES_H
#define LOAD_MODES_H

/// What the program can do; each takes the arguments after its name.
void run_produce(int count, char **arguments);
void run_fetch(int count, char **arguments);
void run_hold(int count, char **arguments);
void run_mixed(int count, char **arguments);
void run_latency(int count, char **arguments);
void run_create_topic(int count, char **arguments);
void run_commit(int count, char **arguments);
void run_heartbeat(int count, char **arguments);
void run_rebalance(int count, char **arguments);
void run_transact(int count, char **arguments);

#endif
