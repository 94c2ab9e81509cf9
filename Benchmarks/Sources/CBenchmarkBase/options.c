#include "options.h"

#include "failure.h"

#include <stdlib.h>
#include <string.h>

struct options options_parse(int count, char **arguments, const char *const *known) {
    for (int i = 0; i < count; i += 2) {
        const char *const *name = known;
        while (*name != NULL && strcmp(*name, arguments[i]) != 0) name++;
        if (*name == NULL) fail("unknown option %s", arguments[i]);
        if (i + 1 == count) fail("%s needs a value", arguments[i]);
    }
    return (struct options){.count = count, .arguments = arguments};
}

const char *option_text(const struct options *options, const char *name, const char *otherwise) {
    for (int i = options->count - 2; i >= 0; i -= 2) {
        if (strcmp(options->arguments[i], name) == 0) return options->arguments[i + 1];
    }
    return otherwise;
}

uint64_t option_number(const struct options *options, const char *name, uint64_t otherwise) {
    const char *text = option_text(options, name, NULL);
    if (text == NULL) return otherwise;
    char *end;
    uint64_t value = strtoull(text, &end, 10);
    unsigned shift = *end == 'k' ? 10 : *end == 'm' ? 20 : *end == 'g' ? 30 : 0;
    if (shift > 0) end++;
    if (end == text || *end != 0) fail("%s is not a number: %s", name, text);
    return value << shift;
}
