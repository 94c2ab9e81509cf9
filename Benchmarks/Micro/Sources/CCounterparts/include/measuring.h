#ifndef MICRO_MEASURING_H
#define MICRO_MEASURING_H

#include <stdint.h>

/// Nanoseconds of processor time of this thread: others that take the processor do not count.
int64_t thread_nanoseconds(void);

/// Keeps the compiler from seeing that nobody needs the value.
void consume(int64_t value);

/// Whether valgrind is watching.
int is_counting(void);
/// From here on instructions count.
void begin_counting(void);
/// Ends the count and writes it down under the name.
void end_counting(const char *name);

#endif
