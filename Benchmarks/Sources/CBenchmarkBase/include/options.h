#ifndef BENCHMARK_OPTIONS_H
#define BENCHMARK_OPTIONS_H

#include <stdint.h>

/// The arguments after the subcommand, as pairs `--name value`.
struct options {
    int count;
    char **arguments;
};

/// Checks that every argument is one of the known names with a value. `known` ends with a null.
struct options options_parse(int count, char **arguments, const char *const *known);

/// The value of the last `--name`, or `otherwise`.
const char *option_text(const struct options *options, const char *name, const char *otherwise);

/// A number with an optional suffix k, m or g (powers of 1024).
uint64_t option_number(const struct options *options, const char *name, uint64_t otherwise);

#endif
