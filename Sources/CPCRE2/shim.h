#ifndef MARTLET_PCRE2_SHIM_H
#define MARTLET_PCRE2_SHIM_H
/* Patterns and topic names are bytes. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#endif
