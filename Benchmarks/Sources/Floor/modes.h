#ifndef FLOOR_MODES_H
#define FLOOR_MODES_H

/// What the program can do; each takes the arguments after its name.
void run_produce(int count, char **arguments);
void run_fetch(int count, char **arguments);
void run_read(int count, char **arguments);
void run_echo(int count, char **arguments);
void run_sync(int count, char **arguments);
void run_crc(int count, char **arguments);

#endif
