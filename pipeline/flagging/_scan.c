/* Finds every surface of the lexicon in a text: the compiled matcher.

   In: the lexicon's spellings, folded and sorted, and a text. Out: hits with offsets into the text. automaton.py does the
   same in Python, for machines without a compiler, and tells the rules; what is found here must be what is found there
   (tests/flagging/test_compiled.py).

   The text is folded first. The spellings are one trie, and walks through it begin where a word may begin. Most places
   are turned away at a glance at their first characters, the others begin at the node that these lead to. A free ending
   is an edge of its own, STAR: it goes over the letters that are left of a word. As only a space or the end may follow
   it, no walk turns back.
*/

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdint.h>
#ifdef _MSC_VER
#include <intrin.h>
#endif

#include "_part.h"

#define BMP 0x10000
#define STAR 0         /* in spellings; no text folds to it */
#define LONGEST_SPELLING 250 /* a little more than the grammar's */
#define LONGEST_TAIL 6 /* letters of a Cyrillic ending, as in automaton.py */
#define LONGEST_LATIN_TAIL 40 /* and of a Latin one */
#define OPENING 4      /* characters that most walks begin behind */
#define FOURS 16       /* bits of a digest of them, for a glance */
#define PAIRS 15       /* bits of a digest of two */
#define PAIR 256       /* a spelling of two characters begins with these; the bits below are for the third of three */
#define BLOCK 1024     /* characters that are glanced at before any walk */
#define AFAR 0xD800    /* the first character beyond the first plane that spellings have, in 16 bits; then the next */
#define NOBODY 0xDFFF  /* what no spelling has */
#define NEAR 12        /* characters either side in which a lone hanja looks for Hangul, as in automaton.py */
#define MOST_HITS 200  /* of one concept, as in automaton.py */

/* Kinds of characters; compiled.py makes the table. The first four are of what a character folds to. */
enum { LETTER = 1, HANGUL = 2, CYRILLIC = 4, LATIN = 8, SIGN = 16, JOINING = 32, OPENS = 64, ALONE = 128 };
/* OPENS: a spelling begins with it; ALONE: or is this one character. */
#define OF_FOLDED (LETTER | HANGUL | CYRILLIC | LATIN)

/* What may stand beside a hit, by surfaces.Beside. */
static const uint8_t BESIDE[4] = {0, LETTER, HANGUL, LETTER | HANGUL};

typedef struct { /* small, as most of what a walk costs is memory that is not at hand */
    uint32_t first;     /* its first child; the others stand behind, by the character that leads there; a STAR comes first */
    uint32_t label;     /* the characters that all that go through here have in common: where they stand in the pool */
    int32_t spelling;   /* that ends here; -1: none does */
    uint16_t children;  /* 0: nothing goes on from here */
    uint8_t depth;      /* how many characters they have in common */
    uint8_t tail;       /* what their free endings are made of */
} Node;

typedef struct {
    uint64_t opening;    /* four characters; fewer, where a spelling has fewer before its end or STAR */
    uint32_t node;       /* 0: nobody here */
    uint16_t further[2]; /* a bit for each that may be its seventh, and its eighth character */
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
    Py_ssize_t start, end;
    const Rule *rule;
} Found;

typedef struct {
    Py_ssize_t last, cancelled; /* how far the last hit, and all exceptions, reach */
    int32_t count;
} Told;

typedef struct {
    PyObject_HEAD
    PyObject *resolve; /* number of a spelling -> its rules */
    uint16_t fold[BMP];
    uint8_t kinds[BMP];
    int plain;        /* of ASCII these say what arithmetic says */
    Py_UCS4 afar[NOBODY - AFAR]; /* characters of spellings, beyond the first plane */
    uint32_t afar_count;
    uint16_t *pool;   /* the characters of all spellings, one after the other */
    uint32_t *begins; /* of each in the pool, and of nobody the end */
    Rules **rules;    /* of each; NULL: not asked for yet */
    Py_ssize_t spelling_count;
    Node *nodes;
    uint16_t *edges;  /* the character that leads to each node */
    Py_ssize_t node_count, node_room;
    Door *doors;      /* by digest, each in the next free place */
    uint32_t door_mask;
    uint16_t fours[1 << FOURS]; /* by four characters: a bit for each fifth */
    uint16_t pairs[1 << PAIRS]; /* by two that spellings of fewer than four have: PAIR, and a bit for each third */
    uint8_t *names;   /* by concept: inside its hits no other concept is meant */
    Py_ssize_t concept_count;
} Trie;

/* One look at a text: several may be under way, as rules are asked of Python. */
typedef struct {
    Trie *trie;
    int kind;
    const void *data;
    Py_ssize_t length, start;
    uint16_t *folded; /* what each character folds to; NOBODY stands behind the last */
    uint8_t *kinds;   /* of which kinds it is; 0 stands on either side */
    Found *found;     /* what counts, and behind that what begins at ``start`` and is not settled yet */
    Py_ssize_t found_count, settled, room;
    Told *told;       /* by concept */
    Py_ssize_t name_start, name_end;
} Look;

/* ------------------------------------------------------------------------------------------------ characters */

/* A folded character from beyond the first plane, in 16 bits. */
static uint16_t code_of(const Trie *trie, Py_UCS4 folded) {
    for (uint32_t i = 0; i < trie->afar_count; i++)
        if (trie->afar[i] == folded) return (uint16_t)(AFAR + i);
    return NOBODY;
}

static inline uint8_t if_so(int so, int value) { return (uint8_t)(-so & value); } /* compilers see no branch in it */

/* What ASCII folds to, and its kinds below: as the tables have it, but by arithmetic, which takes many at once. */
static inline uint8_t ascii_folded(uint8_t c) {
    return c ^ (if_so((uint8_t)(c - 'A') < 26, 'A' ^ 'a') | if_so(c == '-', '-' ^ ' ') | if_so(c == '\t', '\t' ^ ' ') |
                if_so(c == '`', '`' ^ '\'') | if_so(c == 0, '"'));
}

static inline uint8_t ascii_kinds(uint8_t folded) {
    return if_so((uint8_t)(folded - 'a') < 26, LETTER | LATIN | OPENS) |
           if_so((uint8_t)(folded - '0') < 10, LETTER | OPENS) | if_so(folded == '_', LETTER);
}

static void fold_ascii(const uint8_t *data, Py_ssize_t length, uint16_t *folded, uint8_t *kinds) {
    for (Py_ssize_t i = 0; i < length; i++) {
        uint8_t c = ascii_folded(data[i]);
        folded[i] = c;
        kinds[i] = ascii_kinds(c);
    }
}

/* Fold the text; of which kinds there are characters in it. */
Py_ALWAYS_INLINE static inline int fold_text(Look *look, int kind) {
    const uint16_t *fold = look->trie->fold;
    const uint8_t *of = look->trie->kinds;
    const void *data = look->data;
    uint16_t *folded = look->folded;
    uint8_t *kinds = look->kinds, seen = 0;
    for (Py_ssize_t i = 0, length = look->length; i < length; i++) {
        Py_UCS4 c = PyUnicode_READ(kind, data, i);
        int far_off = kind == PyUnicode_4BYTE_KIND && c >= BMP;
        folded[i] = far_off ? code_of(look->trie, Py_UNICODE_TOLOWER(c)) : fold[c];
        seen |= kinds[i] = far_off ? OPENS | ALONE : of[c];
    }
    return seen;
}

static Py_ssize_t behind_tail(const Look *look, Py_ssize_t place, uint8_t tail) {
    Py_ssize_t most = place + (tail == CYRILLIC ? LONGEST_TAIL : LONGEST_LATIN_TAIL);
    while (place < most && look->kinds[place] & tail) place++;
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
            else if (c < BMP && look->trie->kinds[c] & SIGN) c = look->folded[place + i];
            if (c != wanted) return 0;
        }
    }
    return 1;
}

/* The first characters from a place on, as one number. */
static inline uint64_t opening_of(const uint16_t *characters, uint32_t size) {
    static const uint16_t masks[OPENING + 1][OPENING] = {
        {0}, {0xFFFF}, {0xFFFF, 0xFFFF}, {0xFFFF, 0xFFFF, 0xFFFF}, {0xFFFF, 0xFFFF, 0xFFFF, 0xFFFF}};
    uint64_t opening, mask;
    memcpy(&opening, characters, sizeof opening);
    memcpy(&mask, masks[size], sizeof mask);
    return opening & mask;
}

static inline uint32_t digest(uint64_t opening) { return (uint32_t)((opening * 0x9E3779B97F4A7C15u) >> 32); }

/* No mixing here: so letters of one script have a small part of the table, which stays at hand. */
static inline uint32_t pair_of(const uint16_t *at) {
    return ((uint32_t)at[0] << (PAIRS - 7) ^ at[1]) & ((1 << PAIRS) - 1);
}

static inline const Door *door_of(const Trie *trie, uint64_t opening) {
    uint32_t i = digest(opening) & trie->door_mask;
    while (trie->doors[i].node && trie->doors[i].opening != opening) i = (i + 1) & trie->door_mask;
    return &trie->doors[i];
}

/* ------------------------------------------------------------------------------------------------ a walk */

static void forget(Rules *rules) {
    if (rules == NULL) return;
    for (Py_ssize_t i = 0; i < rules->count; i++) Py_XDECREF(rules->rules[i].cased);
    PyMem_Free(rules);
}

static int read_rule(const Trie *trie, PyObject *asked, Rule *rule) {
    int left, right, plural, in_korean, cancels, concept;
    PyObject *cased;
    if (!PyTuple_Check(asked)) {
        PyErr_SetString(PyExc_TypeError, "a rule is a tuple");
        return -1;
    }
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
    PyObject *asked = PySequence_Tuple(answer);
    Py_DECREF(answer);
    if (asked == NULL) return NULL;
    Py_ssize_t count = PyTuple_GET_SIZE(asked);
    Rules *rules = PyMem_Calloc(1, sizeof(Rules) + count * sizeof(Rule));
    int failed = rules == NULL;
    if (failed) PyErr_NoMemory();
    for (Py_ssize_t i = 0; i < count && !failed; i++) {
        failed = read_rule(trie, PyTuple_GET_ITEM(asked, i), &rules->rules[i]);
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
    const uint8_t *kinds = look->kinds;
    uint8_t before = kinds[look->start - 1];
    for (Py_ssize_t i = 0; i < rules->count; i++) {
        const Rule *rule = &rules->rules[i];
        Py_ssize_t stop = end;
        if (before & rule->left) continue;
        if (kinds[stop] & rule->right) {
            if (!rule->plural || look->folded[stop] != 's') continue;
            if (kinds[++stop] & rule->right) continue;
        }
        if (rule->cased != NULL && !same_case(look, look->start, rule->cased)) continue;
        if (rule->in_korean) {
            Py_ssize_t place = look->start - NEAR;
            while (place < stop + NEAR && !(kinds[place] & HANGUL)) place++;
            if (place == stop + NEAR) continue;
        }
        if (look->found_count == look->room) {
            Py_ssize_t room = 2 * look->room + 64;
            Found *found = PyMem_Realloc(look->found, room * sizeof(Found));
            if (found == NULL) {
                PyErr_NoMemory();
                return -1;
            }
            look->found = found;
            look->room = room;
        }
        look->found[look->found_count++] = (Found){look->start, stop, rule};
    }
    return 0;
}

/* The child of a node that a character leads to; 0: none. */
static inline uint32_t child_of(const Trie *trie, const Node *node, uint32_t character) {
    uint32_t low = node->first, high = low + node->children;
    while (high - low > 8 && trie->afar_count == 0) { /* those from afar are out of order */
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
        const uint16_t *label = &trie->pool[node->label];
        for (; depth < node->depth; depth++) {
            if (look->folded[place] == label[depth]) place++;
            else if (label[depth] == STAR) place = behind_tail(look, place, node->tail);
            else return 0;
        }
        if (node->spelling >= 0 && accept(look, node->spelling, place) < 0) return -1;
        if (node->children == 0) return 0;
        if (trie->edges[node->first] == STAR &&
            walk(look, node->first, depth + 1, behind_tail(look, place, node->tail), 0) < 0)
            return -1;
        if (whole) return 0;
        at = child_of(trie, node, look->folded[place]);
        if (at == 0) return 0;
        depth++;
        place++;
    }
}

/* Settle what begins at one place, longest first: no exception covers it, no name that reaches as far holds it, and its
   concept has not been told of it already. */
static void settle(Look *look) {
    Found *group = look->found + look->settled;
    Py_ssize_t count = look->found_count - look->settled;
    for (Py_ssize_t i = 0; i < count; i++) {
        Found one = group[i];
        Told *told = &look->told[one.rule->concept];
        if (one.rule->cancels && one.end > told->cancelled) told->cancelled = one.end;
        Py_ssize_t place = i;
        for (; place > 0; place--) {
            Found *other = &group[place - 1];
            if (other->end > one.end || (other->end == one.end && other->rule->concept <= one.rule->concept)) break;
            group[place] = *other;
        }
        group[place] = one;
    }
    for (Py_ssize_t i = 0; i < count; i++) {
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
        look->found[look->settled++] = group[i];
    }
    look->found_count = look->settled;
}

/* Go in by the door that so many characters at the look's start open. One for fewer than four is for what ends there or
   goes on with a STAR; all else comes by that of four. */
static inline int enter(Look *look, uint32_t n) {
    const Trie *trie = look->trie;
    const uint16_t *text = &look->folded[look->start];
    const Door *door = door_of(trie, opening_of(text, n));
    if (n == OPENING && !(door->further[0] >> (text[6] & 15) & door->further[1] >> (text[7] & 15) & 1)) return 0;
    uint32_t at = door->node;
    return at ? walk(look, at, n, look->start + n, n < OPENING && trie->nodes[at].depth == n) : 0;
}

/* Where in 64 characters a word may begin: a bit for each. */
static inline uint64_t begins_of(const uint8_t *kinds) {
    const uint64_t gather = PY_BIG_ENDIAN ? 0x8040201008040201u : 0x0102040810204080u; /* one bit of each byte */
    uint64_t begins = 0, here, before;
    for (int i = 0; i < 64; i += 8) {
        memcpy(&here, kinds + i, 8);
        memcpy(&before, kinds + i - 1, 8);
        here = here >> 6 & ~(here & before) & 0x0101010101010101u; /* OPENS; no word begins inside a word */
        begins |= (here * gather >> 56) << i;
    }
    return begins;
}

static inline uint32_t first_of(uint64_t bits) {
#ifdef _MSC_VER
    unsigned long first;
    _BitScanForward64(&first, bits);
    return first;
#else
    return (uint32_t)__builtin_ctzll(bits);
#endif
}

/* Look at each place. All of a block are glanced at before any walk: without a branch, as each that is guessed wrong
   takes as long as ten glances. */
static int look_over(Look *look) {
    const uint16_t *fours = look->trie->fours, *pairs = look->trie->pairs;
    uint16_t places[BLOCK];
    for (Py_ssize_t from = 0; from < look->length; from += BLOCK) {
        uint32_t count = 0, most = look->length - from < BLOCK ? (uint32_t)(look->length - from) : BLOCK;
        const uint16_t *folded = look->folded + from;
        const uint8_t *kinds = look->kinds + from;
        for (uint32_t part = 0; part < most; part += 64) {
            for (uint64_t begins = begins_of(kinds + part); begins; begins &= begins - 1) {
                uint32_t i = part + first_of(begins);
                const uint16_t *at = &folded[i];
                int four = fours[digest(opening_of(at, OPENING)) >> (32 - FOURS)] >> (at[OPENING] & 15) & 1;
                places[count] = (uint16_t)(2 * i + four);
                count += (four | (pairs[pair_of(at)] & (PAIR | 1 << (at[2] & 7))) | (kinds[i] & ALONE)) != 0;
            }
        }
        for (uint32_t k = 0; k < count; k++) {
            uint32_t i = places[k] / 2, pair = pairs[pair_of(&folded[i])];
            look->start = from + i;
            if ((kinds[i] & ALONE && enter(look, 1) < 0) || (pair & PAIR && enter(look, 2) < 0) ||
                (pair >> (folded[i + 2] & 7) & 1 && enter(look, 3) < 0) || (places[k] & 1 && enter(look, OPENING) < 0))
                return -1;
            if (look->found_count > look->settled) settle(look);
        }
    }
    return 0;
}

static PyObject *as_bytes(const Look *look) {
    PyObject *packed = PyBytes_FromStringAndSize(NULL, look->settled * (Py_ssize_t)sizeof(Hit));
    if (packed == NULL) return NULL;
    Hit *hits = (Hit *)PyBytes_AS_STRING(packed);
    for (Py_ssize_t i = 0; i < look->settled; i++)
        hits[i] = (Hit){look->found[i].start, look->found[i].end, look->found[i].rule->concept};
    return packed;
}

PyDoc_STRVAR(hits_doc, "hits(text, mapped=False, /)\n--\n\n"
"Find all hits, sorted by place, packed as hits.py says.\n\n"
"None where a character of the text joins others or stands for nothing, unless it was mapped before.");

static PyObject *Trie_hits(Trie *trie, PyObject *arguments) {
    PyObject *text;
    int mapped = 0;
    if (!PyArg_ParseTuple(arguments, "U|p:hits", &text, &mapped)) return NULL;
    Look look = {.trie = trie, .kind = PyUnicode_KIND(text), .data = PyUnicode_DATA(text),
                 .length = PyUnicode_GET_LENGTH(text), .name_end = -1};
    PyObject *hits = NULL;
    Py_ssize_t size = look.length + NEAR + 64; /* 64 are looked at together, the last ones as well */
    uint16_t *room = size > PY_SSIZE_T_MAX / 3 ? NULL : PyMem_Malloc(size * (sizeof(uint16_t) + sizeof(uint8_t)));
    look.told = PyMem_Calloc(trie->concept_count, sizeof(Told));
    if (room == NULL || look.told == NULL) PyErr_NoMemory();
    else {
        int seen = 0;
        look.folded = room;
        look.kinds = (uint8_t *)(room + size) + NEAR;
        memset(look.kinds - NEAR, 0, NEAR);
        memset(look.kinds + look.length, 0, 64);
        for (int i = 0; i < 8; i++) room[look.length + i] = NOBODY; /* so far the text is looked at from its last place */
        if (PyUnicode_IS_ASCII(text) && trie->plain) fold_ascii(look.data, look.length, look.folded, look.kinds);
        else if (look.kind == PyUnicode_1BYTE_KIND) seen = fold_text(&look, PyUnicode_1BYTE_KIND);
        else if (look.kind == PyUnicode_2BYTE_KIND) seen = fold_text(&look, PyUnicode_2BYTE_KIND);
        else seen = fold_text(&look, PyUnicode_4BYTE_KIND);
        if (seen & JOINING && !mapped) hits = Py_NewRef(Py_None);
        else if (look_over(&look) == 0) hits = as_bytes(&look);
    }
    PyMem_Free(room);
    PyMem_Free(look.told);
    PyMem_Free(look.found);
    return hits;
}

/* ------------------------------------------------------------------------------------------------ the trie */

static int add_node(Trie *trie, uint16_t character, uint32_t low, uint32_t high, uint32_t depth) {
    if (trie->node_count == trie->node_room) {
        Py_ssize_t room = 2 * trie->node_room + 1024;
        Node *nodes = PyMem_Realloc(trie->nodes, room * sizeof(Node));
        if (nodes != NULL) trie->nodes = nodes;
        uint16_t *edges = PyMem_Realloc(trie->edges, room * sizeof(uint16_t));
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
        if (trie->kinds[trie->pool[i]] & CYRILLIC) return CYRILLIC;
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
            uint16_t character = trie->pool[trie->begins[low] + depth];
            uint32_t next = low;
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

/* The bit that stands for a spelling's character; where it may be any, as nothing is known of it, all. */
static uint16_t bit_of(const uint16_t *characters, uint32_t place, uint32_t known) {
    return place < known ? (uint16_t)(1 << (characters[place] & 15)) : UINT16_MAX;
}

/* Make the doors. Spellings of fewer than four characters have one of their own, all others share one for the first four. */
static int open_doors(Trie *trie) {
    uint32_t room = 16;
    while (room < 2 * trie->spelling_count) room *= 2;
    trie->door_mask = room - 1;
    trie->doors = PyMem_Calloc(room, sizeof(Door));
    if (trie->doors == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    for (Py_ssize_t i = 0; i < trie->spelling_count; i++) {
        const uint16_t *characters = &trie->pool[trie->begins[i]];
        uint32_t n, known = 0, size = size_of(trie, i), at = 0;
        while (known < size && characters[known] != STAR) known++;
        n = known < OPENING ? known : OPENING;
        uint64_t opening = opening_of(characters, n);
        Door *door = (Door *)door_of(trie, opening);
        while (trie->nodes[at].depth < n) at = child_of(trie, &trie->nodes[at], characters[trie->nodes[at].depth]);
        door->opening = opening;
        door->node = at;
        for (uint32_t k = 0; k < 2; k++) door->further[k] |= bit_of(characters, 6 + k, known);
        if (n == 2) trie->pairs[pair_of(characters)] |= PAIR;
        if (n == 3) trie->pairs[pair_of(characters)] |= 1 << (characters[2] & 7);
        if (n == OPENING) trie->fours[digest(opening) >> (32 - FOURS)] |= bit_of(characters, n, known);
    }
    for (uint32_t c = 0; c < BMP; c++) {
        if (child_of(trie, trie->nodes, trie->fold[c])) trie->kinds[c] |= OPENS;
        if (door_of(trie, opening_of((uint16_t[OPENING]){trie->fold[c]}, 1))->node) trie->kinds[c] |= ALONE;
    }
    trie->plain = 1;
    for (uint8_t c = 0; c < 128; c++) { /* it does no harm to look for what opens nothing */
        uint8_t folded = ascii_folded(c), kinds = ascii_kinds(folded), differ = (trie->kinds[c] & ~SIGN) ^ kinds;
        if (trie->fold[c] != folded || differ & ~(kinds & OPENS)) trie->plain = 0;
    }
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
    trie->pool = PyMem_Calloc(size + OPENING, sizeof(uint16_t)); /* four are read together, behind the last one as well */
    if (!trie->begins || !trie->rules || !trie->pool) {
        PyErr_NoMemory();
        return -1;
    }
    uint32_t end = 0;
    for (Py_ssize_t i = 0; i < count; i++) {
        PyObject *one = PyList_GET_ITEM(spellings, i);
        trie->begins[i] = end;
        for (Py_ssize_t k = 0; k < PyUnicode_GET_LENGTH(one); k++) {
            Py_UCS4 c = PyUnicode_READ_CHAR(one, k);
            if (c >= BMP) {
                if (code_of(trie, c) == NOBODY && trie->afar_count < NOBODY - AFAR) trie->afar[trie->afar_count++] = c;
                c = code_of(trie, c);
            }
            else if (c >= AFAR && c <= NOBODY) c = NOBODY;
            trie->pool[end++] = (uint16_t)c;
            if (c == NOBODY) {
                PyErr_SetString(PyExc_ValueError, "spellings have surrogates, or too many characters of other planes");
                return -1;
            }
        }
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
    trie->names = PyMem_Malloc(names.len + 1);
    if (trie->names == NULL) {
        PyErr_NoMemory();
        Py_CLEAR(trie);
        goto done;
    }
    memcpy(trie->fold, fold.buf, fold.len);
    const uint8_t *of = kinds.buf;
    for (uint32_t c = 0; c < BMP; c++) trie->kinds[c] = (of[trie->fold[c]] & OF_FOLDED) | (of[c] & ~OF_FOLDED);
    for (uint32_t c = 0; c < BMP; c++) /* surrogates say something else here, and so does STAR */
        if ((trie->fold[c] >= AFAR && trie->fold[c] <= NOBODY) || trie->fold[c] == STAR) trie->fold[c] = NOBODY;
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
    PyMem_Free(trie->pool);
    PyMem_Free(trie->begins);
    PyMem_Free(trie->rules);
    PyMem_Free(trie->nodes);
    PyMem_Free(trie->edges);
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

MODULE(_scan, "The compiled matcher.", trie_spec)
