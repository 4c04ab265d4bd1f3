/* What the compiled parts of flagging hand on to each other, as hits.py says. */

#include <stdint.h>

#ifdef Py_GIL_DISABLED
#error "Rules are asked for under the global lock: a Python without one has the matcher in Python."
#endif

typedef struct {
    int64_t start, end, concept;
} Hit;
