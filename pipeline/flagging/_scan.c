/* Finds every surface of the lexicon in a text, in one pass and without a copy of it: the compiled matcher.

   In: the lexicon's spellings, folded and sorted, and a text. Out: hits with offsets into the text. automaton.py does the
   same in Python, for machines without a compiler, and tells the rules; what is found here must be what is found there
   (tests/flagging/test_compiled.py).

   The spellings are one trie, and walks through it begin where a word may begin. Most places are turned away at a glance
   at their first four characters, the others begin at the node that these lead to. A free ending is an edge of its own,
   STAR: it goes over the letters that are left of a word. As only a space or the end may follow it, no walk turns back.
*/

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdint.h>

#include "_hits.h"

#define BMP 0x10000
#define STAR 0         /* in spellings; no text folds to it */
#define LONGEST_SPELLING 250 /* a little more than the grammar's */
#define LONGEST_TAIL 6 /* letters of a Cyrillic ending, as in automaton.py */
#define LONGEST_LATIN_TAIL 40 /* and of a Latin one */
#define OPENING 4      /* characters by which most places are turned away */
#define GLANCE 19      /* bits of a digest, for a glance */
#define NEAR 12        /* characters either side in which a lone hanja looks for Hangul, as in automaton.py */
#define MOST_HITS 200  /* of one concept, as in automaton.py */

/* Kinds of characters; compiled.py makes the table. The first four are of what a character folds to. */
enum { LETTER = 1, HANGUL = 2, CYRILLIC = 4, LATIN = 8, SIGN = 16, JOINING = 32, OPENS = 64 };
#define OF_FOLDED (LETTER | HANGUL | CYRILLIC | LATIN)

/* What may stand beside a hit, by surfaces.Beside. */
static const uint8_t BESIDE[4] = {0, LETTER, HANGUL, LETTER | HANGUL};

typedef struct { /* small, as most of what a walk costs is memory that is not at hand */
    uint32_t first;     /* its first child; the others stand behind, by the character that leads there; a STAR comes first */
    uint32_t label;     /* the characters that all that go through here have in common: where they stand in the pool */
    int32_t spelling;   /* that ends here; -1: none does */
    uint16_t children;  /* 0: it is the only spelling */
    uint8_t depth;      /* how many characters they have in common */
    uint8_t tail;       /* what their free endings are made of */
} Node;

typedef struct {
    uint32_t digest;    /* of the first four characters; of all, where a spelling has fewer before its end or STAR */
    uint32_t node : 31; /* 0: nobody here */
    uint32_t whole : 1; /* only what ends there or goes on with a STAR */
} Door;

typedef struct {
    PyObject *cased; /* the literal as written where case counts, or NULL */
    int32_t concept;
    uint8_t left, right; /* kinds that may not stand there */
    uint8_t plural : 1, in_korean : 1, cancels : 1;
} Rule;

typedef struct {
    Py_ssize_t count;
    Rule rules[];
} Rules;

typedef struct {
    Py_ssize_t end;
    const Rule *rule;
} Found;

typedef struct {
    Py_ssize_t last, cancelled; /* how far the last hit, and all exceptions, reach */
    int32_t count;
} Told;

typedef struct {
    PyObject_HEAD
    PyObject *resolve; /* number of a spelling -> its rules */
    uint16_t *fold;
    uint8_t *kinds;
    uint32_t *pool;   /* the characters of all spellings, one after the other */
    uint32_t *begins; /* of each in the pool, and of nobody the end */
    Rules **rules;    /* of each; NULL: not asked for yet */
    Py_ssize_t spelling_count;
    Node *nodes;
    uint32_t *edges; /* the character that leads to each node */
    Py_ssize_t node_count, node_room;
    Door *doors;      /* by digest, each in the next free place */
    uint8_t *glances; /* a bit for each digest of a door */
    uint32_t door_mask;
    uint8_t *names; /* by concept: inside its hits no other concept is meant */
    Py_ssize_t concept_count;
} Trie;

/* One look at a text: several may be under way, as rules are asked of Python. */
typedef struct {
    Trie *trie;
    int kind;
    const void *data;
    Py_ssize_t length, start;
    Found *group; /* what begins at ``start`` */
    Py_ssize_t group_count, group_room;
    Told *told; /* by concept */
    Py_ssize_t name_start, name_end;
    Hit *hits;
    Py_ssize_t hit_count, hit_room;
} Look;

/* ------------------------------------------------------------------------------------------------ characters */

static inline uint8_t kind_of(const Trie *trie, Py_UCS4 c) { return c < BMP ? trie->kinds[c] : OPENS; }

static inline Py_UCS4 folded(const Trie *trie, Py_UCS4 c) { return c < BMP ? trie->fold[c] : Py_UNICODE_TOLOWER(c); }

static inline Py_UCS4 folded_at(const Look *look, Py_ssize_t place) {
    return folded(look->trie, PyUnicode_READ(look->kind, look->data, place));
}

static inline uint8_t kind_at(const Look *look, Py_ssize_t place) {
    if (place < 0 || place >= look->length) return 0;
    return kind_of(look->trie, PyUnicode_READ(look->kind, look->data, place));
}

static Py_ssize_t behind_tail(const Look *look, Py_ssize_t place, uint8_t tail) {
    Py_ssize_t most = place + (tail == CYRILLIC ? LONGEST_TAIL : LONGEST_LATIN_TAIL);
    if (most > look->length) most = look->length;
    while (place < most && kind_at(look, place) & tail) place++;
    return place;
}

/* Whether a literal stands at a place as written, kinds of signs apart: fold.same_case. */
static int same_case(const Look *look, Py_ssize_t place, PyObject *literal) {
    Py_ssize_t length = PyUnicode_GET_LENGTH(literal);
    int kind = PyUnicode_KIND(literal);
    const void *data = PyUnicode_DATA(literal);
    if (length > look->length - place) return 0;
    for (Py_ssize_t i = 0; i < length; i++) {
        Py_UCS4 c = PyUnicode_READ(look->kind, look->data, place + i), wanted = PyUnicode_READ(kind, data, i);
        if (c != wanted) {
            if (c == 0x401) c = 0x415; /* the capital of the letter that folds to another */
            else if (kind_of(look->trie, c) & SIGN) c = folded(look->trie, c);
            if (c != wanted) return 0;
        }
    }
    return 1;
}

static inline uint32_t digest(uint32_t so_far, Py_UCS4 c) { return (so_far ^ c) * 0x9E3779B1u; }

/* ------------------------------------------------------------------------------------------------ a walk */

static void forget(Rules *rules) {
    if (rules == NULL) return;
    for (Py_ssize_t i = 0; i < rules->count; i++) Py_XDECREF(rules->rules[i].cased);
    PyMem_Free(rules);
}

static int read_rule(const Trie *trie, PyObject *asked, Rule *rule) {
    int left, right, plural, in_korean, cancels, concept;
    PyObject *cased;
    if (!PyArg_ParseTuple(asked, "iipppiO:rule", &left, &right, &plural, &in_korean, &cancels, &concept, &cased)) return -1;
    if (concept < 0 || concept >= trie->concept_count || left < 0 || left > 3 || right < 0 || right > 3 ||
        !(cased == Py_None || PyUnicode_Check(cased))) {
        PyErr_SetString(PyExc_ValueError, "a rule names no concept or no kind of sign");
        return -1;
    }
    *rule = (Rule){cased == Py_None ? NULL : Py_NewRef(cased), concept, BESIDE[left], BESIDE[right], plural, in_korean, cancels};
    return 0;
}

/* Ask for the rules of a spelling that a text has for the first time. */
static const Rules *resolve(Trie *trie, Py_ssize_t number) {
    PyObject *answer = PyObject_CallFunction(trie->resolve, "n", number);
    if (answer == NULL) return NULL;
    PyObject *asked = PySequence_Fast(answer, "rules are a sequence");
    Py_DECREF(answer);
    if (asked == NULL) return NULL;
    Py_ssize_t count = PySequence_Fast_GET_SIZE(asked);
    Rules *rules = PyMem_Calloc(1, sizeof(Rules) + count * sizeof(Rule));
    int failed = rules == NULL;
    if (failed) PyErr_NoMemory();
    for (Py_ssize_t i = 0; i < count && !failed; i++) {
        failed = read_rule(trie, PySequence_Fast_GET_ITEM(asked, i), &rules->rules[i]);
        rules->count += !failed;
    }
    Py_DECREF(asked);
    if (failed || trie->rules[number] != NULL) { /* or another thread was quicker */
        forget(rules);
        return failed ? NULL : trie->rules[number];
    }
    return trie->rules[number] = rules;
}

/* A spelling stands between the look's start and this end: note what it is, where the rules hold. */
static int accept(Look *look, Py_ssize_t number, Py_ssize_t end) {
    const Rules *rules = look->trie->rules[number];
    if (rules == NULL && (rules = resolve(look->trie, number)) == NULL) return -1;
    uint8_t before = kind_at(look, look->start - 1);
    for (Py_ssize_t i = 0; i < rules->count; i++) {
        const Rule *rule = &rules->rules[i];
        Py_ssize_t stop = end;
        if (before & rule->left) continue;
        if (kind_at(look, stop) & rule->right) {
            if (!rule->plural || folded_at(look, stop) != 's') continue;
            if (kind_at(look, ++stop) & rule->right) continue;
        }
        if (rule->cased != NULL && !same_case(look, look->start, rule->cased)) continue;
        if (rule->in_korean) {
            Py_ssize_t place = look->start - NEAR;
            while (place < stop + NEAR && !(kind_at(look, place) & HANGUL)) place++;
            if (place == stop + NEAR) continue;
        }
        if (look->group_count == look->group_room) {
            Py_ssize_t room = 2 * look->group_room + 16;
            Found *group = PyMem_Realloc(look->group, room * sizeof(Found));
            if (group == NULL) {
                PyErr_NoMemory();
                return -1;
            }
            look->group = group;
            look->group_room = room;
        }
        look->group[look->group_count++] = (Found){stop, rule};
    }
    return 0;
}

/* The child of a node that a character leads to; 0: none. */
static inline uint32_t child_of(const Trie *trie, const Node *node, uint32_t character) {
    uint32_t low = node->first, high = low + node->children;
    while (high - low > 8) {
        uint32_t middle = low + (high - low) / 2;
        if (trie->edges[middle] <= character) low = middle;
        else high = middle;
    }
    for (; low < high; low++)
        if (trie->edges[low] == character) return low;
    return 0;
}

/* Follow the text as far as spellings go.

   at: a node; depth: how many characters of the spellings are behind us; place: in the text, behind these; whole: go on
   with a STAR only. */
static int walk(Look *look, uint32_t at, uint32_t depth, Py_ssize_t place, int whole) {
    Trie *trie = look->trie;
    for (;;) {
        const Node *node = &trie->nodes[at];
        const uint32_t *label = &trie->pool[node->label];
        for (; depth < node->depth; depth++) {
            if (label[depth] == STAR) place = behind_tail(look, place, node->tail);
            else if (place < look->length && folded_at(look, place) == label[depth]) place++;
            else return 0;
        }
        if (node->spelling >= 0 && accept(look, node->spelling, place) < 0) return -1;
        if (node->children == 0) return 0;
        if (trie->edges[node->first] == STAR &&
            walk(look, node->first, depth + 1, behind_tail(look, place, node->tail), 0) < 0)
            return -1;
        if (whole || place >= look->length) return 0;
        at = child_of(trie, node, folded_at(look, place));
        if (at == 0) return 0;
        depth++;
        place++;
    }
}

/* Go in by every door that the text at the look's start may open. */
Py_ALWAYS_INLINE static inline int enter(Look *look, int kind) {
    const Trie *trie = look->trie;
    Py_ssize_t most = look->length - look->start;
    uint32_t so_far = 0;
    for (int n = 0; n < OPENING && n < most; n++) {
        so_far = digest(so_far, folded(trie, PyUnicode_READ(kind, look->data, look->start + n)));
        if (!(trie->glances[so_far >> (35 - GLANCE)] & 1 << (so_far >> (32 - GLANCE) & 7))) continue;
        for (uint32_t i = so_far & trie->door_mask; trie->doors[i].node; i = (i + 1) & trie->door_mask) {
            Door door = trie->doors[i];
            if (door.digest == so_far && walk(look, door.node, 0, look->start, door.whole) < 0) return -1;
        }
    }
    return 0;
}

/* Settle what begins at one place, longest first: no exception covers it, no name that reaches as far holds it, and its
   concept has not been told of it already. It is sorted the other way round, as a walk comes by the shortest first. */
static int settle(Look *look) {
    Found *group = look->group;
    for (Py_ssize_t i = 0; i < look->group_count; i++) {
        Found one = group[i];
        Told *told = &look->told[one.rule->concept];
        if (one.rule->cancels && one.end > told->cancelled) told->cancelled = one.end;
        Py_ssize_t place = i;
        for (; place > 0; place--) {
            Found *other = &group[place - 1];
            if (other->end < one.end || (other->end == one.end && other->rule->concept >= one.rule->concept)) break;
            group[place] = *other;
        }
        group[place] = one;
    }
    for (Py_ssize_t i = look->group_count - 1; i >= 0; i--) {
        Py_ssize_t end = group[i].end;
        const Rule *rule = group[i].rule;
        Told *told = &look->told[rule->concept];
        if (rule->cancels || end <= told->cancelled || end <= told->last) continue;
        if (end <= look->name_end && (look->start != look->name_start || end != look->name_end)) continue;
        told->last = end;
        if (end > look->name_end && look->trie->names[rule->concept]) {
            look->name_start = look->start;
            look->name_end = end;
        }
        if (told->count == MOST_HITS) continue;
        told->count++;
        if (look->hit_count == look->hit_room) {
            Py_ssize_t room = 2 * look->hit_room + 64;
            Hit *hits = PyMem_Realloc(look->hits, room * sizeof(Hit));
            if (hits == NULL) {
                PyErr_NoMemory();
                return -1;
            }
            look->hits = hits;
            look->hit_room = room;
        }
        look->hits[look->hit_count++] = (Hit){look->start, end, rule->concept};
    }
    look->group_count = 0;
    return 0;
}

/* Look at each character; 1: there is one that joins others or is none, for which offsets need a map. */
Py_ALWAYS_INLINE static inline int look_over(Look *look, int kind, int mapped) {
    const uint8_t stops = mapped ? 0 : JOINING;
    for (Py_ssize_t i = 0; i < look->length; i++) {
        uint8_t here = kind_of(look->trie, PyUnicode_READ(kind, look->data, i));
        if (here & stops) return 1;
        if (here & OPENS) {
            look->start = i;
            if (enter(look, kind) < 0 || (look->group_count && settle(look) < 0)) return -1;
        }
        if (here & LETTER) /* no word begins inside a word */
            while (i + 1 < look->length &&
                   (kind_of(look->trie, PyUnicode_READ(kind, look->data, i + 1)) & (LETTER | stops)) == LETTER)
                i++;
    }
    return 0;
}

PyDoc_STRVAR(hits_doc, "hits(text, mapped=False, /)\n--\n\n"
"Find all hits, sorted by place, packed as hits.py says.\n\n"
"None where a character of the text joins others or stands for nothing, unless it was mapped before.");

static PyObject *Trie_hits(Trie *trie, PyObject *arguments) {
    PyObject *text, *hits = NULL;
    int mapped = 0, done;
    if (!PyArg_ParseTuple(arguments, "U|p:hits", &text, &mapped)) return NULL;
    Look look = {.trie = trie, .kind = PyUnicode_KIND(text), .data = PyUnicode_DATA(text),
                 .length = PyUnicode_GET_LENGTH(text), .name_end = -1};
    look.told = PyMem_Calloc(trie->concept_count, sizeof(Told));
    if (look.told == NULL) {
        PyErr_NoMemory();
        done = -1;
    }
    else if (look.kind == PyUnicode_1BYTE_KIND) done = look_over(&look, PyUnicode_1BYTE_KIND, mapped);
    else if (look.kind == PyUnicode_2BYTE_KIND) done = look_over(&look, PyUnicode_2BYTE_KIND, mapped);
    else done = look_over(&look, PyUnicode_4BYTE_KIND, mapped);
    if (done == 0) hits = PyBytes_FromStringAndSize((const char *)look.hits, look.hit_count * sizeof(Hit));
    if (done > 0) hits = Py_NewRef(Py_None);
    PyMem_Free(look.told);
    PyMem_Free(look.group);
    PyMem_Free(look.hits);
    return hits;
}

/* ------------------------------------------------------------------------------------------------ the trie */

static int add_node(Trie *trie, uint32_t character, uint32_t low, uint32_t high, uint32_t depth) {
    if (trie->node_count == trie->node_room) {
        Py_ssize_t room = 2 * trie->node_room + 1024;
        Node *nodes = PyMem_Realloc(trie->nodes, room * sizeof(Node));
        if (nodes != NULL) trie->nodes = nodes;
        uint32_t *edges = PyMem_Realloc(trie->edges, room * sizeof(uint32_t));
        if (edges != NULL) trie->edges = edges;
        if (nodes == NULL || edges == NULL) {
            PyErr_NoMemory();
            return -1;
        }
        trie->node_room = room;
    }
    trie->edges[trie->node_count] = character;
    trie->nodes[trie->node_count++] = (Node){.first = low, .label = high, .depth = (uint8_t)depth}; /* its range, at first */
    return 0;
}

static inline uint32_t size_of(const Trie *trie, Py_ssize_t spelling) {
    return trie->begins[spelling + 1] - trie->begins[spelling];
}

/* What the free endings of a spelling are made of: it is told by the letters before the first of them. */
static uint8_t tail_of(const Trie *trie, Py_ssize_t spelling) {
    for (uint32_t i = trie->begins[spelling]; i < trie->begins[spelling + 1] && trie->pool[i] != STAR; i++)
        if (kind_of(trie, trie->pool[i]) & CYRILLIC) return CYRILLIC;
    return LATIN;
}

/* Make the nodes, level by level, from the sorted spellings: each stands for those that share its beginning. */
static int grow(Trie *trie) {
    if (add_node(trie, STAR, 0, (uint32_t)trie->spelling_count, 0) < 0) return -1;
    for (Py_ssize_t at = 0; at < trie->node_count; at++) {
        uint32_t low = trie->nodes[at].first, high = trie->nodes[at].label, depth = trie->nodes[at].depth;
        Node node = {.first = (uint32_t)trie->node_count, .spelling = -1};
        if (at) {
            node.label = trie->begins[low];
            node.tail = tail_of(trie, low);
            uint32_t shortest = size_of(trie, low), highest = trie->begins[high - 1];
            while (depth < shortest && trie->pool[node.label + depth] == trie->pool[highest + depth]) depth++;
            if (depth == shortest) node.spelling = (int32_t)low++;
        }
        while (low < high) {
            uint32_t character = trie->pool[trie->begins[low] + depth], next = low;
            while (next < high && trie->pool[trie->begins[next] + depth] == character) next++;
            if (add_node(trie, character, low, next, depth + 1) < 0) return -1;
            low = next;
        }
        if (trie->node_count - node.first > UINT16_MAX) {
            PyErr_SetString(PyExc_ValueError, "spellings begin in too many ways");
            return -1;
        }
        node.depth = (uint8_t)depth;
        node.children = (uint16_t)(trie->node_count - node.first);
        trie->nodes[at] = node;
    }
    return 0;
}

/* By how many of its first characters a spelling is told apart at a glance; their digest. */
static uint32_t opening_of(const Trie *trie, Py_ssize_t spelling, uint32_t *of) {
    const uint32_t *characters = &trie->pool[trie->begins[spelling]];
    uint32_t n = 0, size = size_of(trie, spelling);
    for (*of = 0; n < OPENING && n < size && characters[n] != STAR; n++) *of = digest(*of, characters[n]);
    return n;
}

/* Make the doors. Spellings of fewer than four characters have one of their own, all others share one for the first four. */
static int open_doors(Trie *trie) {
    uint32_t room = 16, doors = 0, so_far, before = 0;
    for (Py_ssize_t i = 0; i < trie->spelling_count; i++, before = so_far) {
        opening_of(trie, i, &so_far);
        doors += so_far != before;
    }
    while (room < 4 * doors) room *= 2;
    trie->door_mask = room - 1;
    trie->doors = PyMem_Calloc(room, sizeof(Door));
    trie->glances = PyMem_Calloc(1 << (GLANCE - 3), 1);
    if (trie->doors == NULL || trie->glances == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    for (Py_ssize_t i = 0; i < trie->spelling_count; i++) {
        const uint32_t *characters = &trie->pool[trie->begins[i]];
        uint32_t n = opening_of(trie, i, &so_far), at = 0;
        while (trie->nodes[at].depth < n) at = child_of(trie, &trie->nodes[at], characters[trie->nodes[at].depth]);
        Door door = {so_far, at, n < OPENING && trie->nodes[at].depth == n}, *place;
        for (uint32_t k = so_far; (place = &trie->doors[k & trie->door_mask])->node; k++)
            if (place->digest == so_far && place->node == at && place->whole == door.whole) break;
        *place = door;
        trie->glances[so_far >> (35 - GLANCE)] |= (uint8_t)(1 << (so_far >> (32 - GLANCE) & 7));
    }
    for (uint32_t c = 0; c < BMP; c++)
        if (child_of(trie, trie->nodes, trie->fold[c])) trie->kinds[c] |= OPENS;
    return 0;
}

/* Copy the spellings into the pool. */
static int pour(Trie *trie, PyObject *spellings) {
    Py_ssize_t size = 0, count = PyList_GET_SIZE(spellings);
    for (Py_ssize_t i = 0; i < count; i++) {
        PyObject *one = PyList_GET_ITEM(spellings, i);
        if (!PyUnicode_Check(one) || PyUnicode_GET_LENGTH(one) == 0 || PyUnicode_GET_LENGTH(one) > LONGEST_SPELLING ||
            PyUnicode_READ_CHAR(one, 0) == STAR || (i && PyUnicode_Compare(PyList_GET_ITEM(spellings, i - 1), one) >= 0)) {
            if (!PyErr_Occurred()) PyErr_SetString(PyExc_ValueError, "spellings are short strings, sorted, each once");
            return -1;
        }
        size += PyUnicode_GET_LENGTH(one);
    }
    if (size > INT32_MAX) {
        PyErr_SetString(PyExc_ValueError, "there are too many spellings");
        return -1;
    }
    trie->begins = PyMem_Malloc((count + 1) * sizeof(uint32_t));
    trie->rules = PyMem_Calloc(count + 1, sizeof(Rules *));
    trie->pool = PyMem_Malloc((size + 1) * sizeof(uint32_t));
    if (!trie->begins || !trie->rules || !trie->pool) {
        PyErr_NoMemory();
        return -1;
    }
    uint32_t end = 0;
    for (Py_ssize_t i = 0; i < count; i++) {
        PyObject *one = PyList_GET_ITEM(spellings, i);
        trie->begins[i] = end;
        for (Py_ssize_t k = 0; k < PyUnicode_GET_LENGTH(one); k++) trie->pool[end++] = PyUnicode_READ_CHAR(one, k);
    }
    trie->begins[count] = end;
    trie->spelling_count = count;
    return 0;
}

static PyObject *Trie_new(PyTypeObject *type, PyObject *arguments, PyObject *keywords) {
    PyObject *spellings, *resolve;
    Py_buffer fold, kinds, names;
    (void)keywords;
    if (!PyArg_ParseTuple(arguments, "O!Oy*y*y*:Trie", &PyList_Type, &spellings, &resolve, &fold, &kinds, &names))
        return NULL;
    Trie *trie = NULL;
    if (fold.len != BMP * (Py_ssize_t)sizeof(uint16_t) || kinds.len != BMP || !PyCallable_Check(resolve)) {
        PyErr_SetString(PyExc_ValueError, "fold and kinds are tables of the first plane, and resolve can be called");
        goto done;
    }
    trie = (Trie *)type->tp_alloc(type, 0);
    if (trie == NULL) goto done;
    trie->resolve = Py_NewRef(resolve);
    trie->concept_count = names.len;
    trie->fold = PyMem_Malloc(fold.len);
    trie->kinds = PyMem_Malloc(kinds.len);
    trie->names = PyMem_Malloc(names.len + 1);
    if (!trie->fold || !trie->kinds || !trie->names) {
        PyErr_NoMemory();
        Py_CLEAR(trie);
        goto done;
    }
    memcpy(trie->fold, fold.buf, fold.len);
    const uint8_t *of = kinds.buf;
    for (uint32_t c = 0; c < BMP; c++) trie->kinds[c] = (of[trie->fold[c]] & OF_FOLDED) | (of[c] & ~OF_FOLDED);
    memcpy(trie->names, names.buf, names.len);
    if (pour(trie, spellings) < 0 || grow(trie) < 0 || open_doors(trie) < 0) Py_CLEAR(trie);
done:
    PyBuffer_Release(&fold);
    PyBuffer_Release(&kinds);
    PyBuffer_Release(&names);
    return (PyObject *)trie;
}

static int Trie_traverse(Trie *trie, visitproc visit, void *arg) {
    Py_VISIT(Py_TYPE(trie));
    Py_VISIT(trie->resolve);
    return 0;
}

static int Trie_clear(Trie *trie) {
    Py_CLEAR(trie->resolve);
    return 0;
}

static void Trie_dealloc(Trie *trie) {
    PyTypeObject *type = Py_TYPE(trie);
    PyObject_GC_UnTrack(trie);
    Trie_clear(trie);
    for (Py_ssize_t i = 0; i < trie->spelling_count; i++) forget(trie->rules[i]);
    PyMem_Free(trie->fold);
    PyMem_Free(trie->kinds);
    PyMem_Free(trie->pool);
    PyMem_Free(trie->begins);
    PyMem_Free(trie->rules);
    PyMem_Free(trie->nodes);
    PyMem_Free(trie->edges);
    PyMem_Free(trie->glances);
    PyMem_Free(trie->doors);
    PyMem_Free(trie->names);
    type->tp_free(trie);
    Py_DECREF(type);
}

static PyMethodDef trie_methods[] = {
    {"hits", (PyCFunction)Trie_hits, METH_VARARGS, hits_doc},
    {NULL, NULL, 0, NULL},
};

PyDoc_STRVAR(trie_doc, "Trie(spellings, resolve, fold, kinds, names, /)\n--\n\n"
"The lexicon, ready to be found. See the stub for what these are.");

static PyType_Slot trie_slots[] = {
    {Py_tp_doc, (void *)trie_doc},
    {Py_tp_new, Trie_new},
    {Py_tp_traverse, Trie_traverse},
    {Py_tp_clear, Trie_clear},
    {Py_tp_dealloc, Trie_dealloc},
    {Py_tp_methods, trie_methods},
    {0, NULL},
};

static PyType_Spec trie_spec = {
    .name = "pipeline.flagging._scan.Trie",
    .basicsize = sizeof(Trie),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = trie_slots,
};

/* ------------------------------------------------------------------------------------------------ the module */

static int fill(PyObject *module) {
    PyObject *type = PyType_FromModuleAndSpec(module, &trie_spec, NULL);
    int failed = type == NULL || PyModule_AddType(module, (PyTypeObject *)type) < 0;
    Py_XDECREF(type);
    return failed ? -1 : 0;
}

static PyModuleDef_Slot module_slots[] = {
    {Py_mod_exec, fill},
    {0, NULL},
};

static PyModuleDef module = {
    .m_base = PyModuleDef_HEAD_INIT,
    .m_name = "_scan",
    .m_doc = "The compiled matcher.",
    .m_slots = module_slots,
};

PyMODINIT_FUNC PyInit__scan(void) { return PyModuleDef_Init(&module); }
