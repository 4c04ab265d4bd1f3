/* What the compiled parts of flagging hand on to each other, as hits.py says. */

#include <stdint.h>

typedef struct {
    int64_t start, end, concept;
} Hit;
