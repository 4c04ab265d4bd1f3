/* Tries all clauses on an article at once, and tells on which hits each one stands: the compiled half of trial.py,
   which tells the rules; sentences end where sentences.py says. What is found here must be what is found there
   (tests/flagging/test_clauses.py).

   In: for each concept the conditions that a hit of it meets, and where each clause has its field among these
   (clauses.py); then an article and its hits. Out: the clauses that hold, and evidence.
*/

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdint.h>

#include "_part.h"

#define LEAD 450           /* characters, as in units.py */
#define LONG 3000
#define EVIDENCE_UNITS 4   /* as in trial.py */
#define EVIDENCE_HITS 12
#define FIELDS 7           /* of a piece of evidence, as in model.py */
#define BITS 64            /* of a word */
#define UNLESS 1           /* so far above a clause's own bit, as in clauses.py */
#define UNLESS_ANYWHERE 2

enum { TITLE, LEADING, FOCUS, SENTENCE, PARAGRAPH, ARTICLE, KINDS }; /* as in lexicon.py */

typedef uint64_t Word;

typedef struct {
    int32_t own;    /* the bit that carries what the field holds */
    int32_t groups; /* so many conditions below it */
    int32_t kind;   /* of its units; -1: it speaks of none */
    int32_t times;
    PyObject *names; /* its topic's and its own; NULL: it needs no evidence */
} Clause;

typedef struct {
    PyObject_HEAD
    Py_ssize_t words; /* of a set of conditions or clauses: all sets below are as long */
    Py_ssize_t count; /* of the clauses */
    Py_ssize_t known; /* concepts and home countries */
    Clause *clauses;
    PyObject *concepts; /* their names */
    PyTypeObject *evidence; /* model.Evidence */
    PyObject *in_title, *in_text;
    Word *meets; /* a set for each that is known */
    Word *lowest, *own, *unitless, *within; /* ``within``: one for each kind */
} Trier;

/* A unit in which clauses hold: its hits, from the first to behind the last. The clauses stand beside it. */
typedef struct {
    Py_ssize_t first, last;
} Unit;

/* One article before the clauses. */
typedef struct {
    const Trier *trier;
    PyObject *text; /* title, line end and text */
    int width; /* of its characters */
    const void *data;
    Py_ssize_t length, title_length;
    const Hit *hits;
    Py_ssize_t hit_count, title_hits, lead_hits; /* the title's come first, then the lead's */
    Unit *held;
    Word *found; /* for each unit that is held the clauses that hold there */
    Py_ssize_t held_count, held_room;
    Word *sets; /* the memory of those below */
    Word *always, *title, *lead, *whole, *possible, *of_part, *of_sentences, *of_paragraphs, *sentence, *paragraph;
    Word *holding, *front, *once, *twice, *thrice;
} Trial;

/* ------------------------------------------------------------------------------------------------ sentences */

static inline int stops(Py_UCS4 c) {
    if (c > '?') return c == 0x2026 || c == 0x3002; /* … and the ideographic stop; most characters end here */
    return c == '.' || c == '\n' || c == '?' || c == '!';
}

static inline int closes(Py_UCS4 c) {
    return c == '"' || c == '\'' || c == ')' || c == 0xBB || c == 0x201D || c == 0x2019; /* », ” and ’ */
}

static inline int ends_a_verb(Py_UCS4 c) {
    return c == 0xB2E4 || c == 0xC694 || c == 0xC74C || c == 0xD568 || c == 0xB428; /* da, yo, eum, ham, doem */
}

/* The end of a sentence whose stop is at a place; 0: it is none. */
static Py_ssize_t sentence_end(int width, const void *data, Py_ssize_t length, Py_ssize_t stop) {
    Py_ssize_t at = stop + 1, most = length - at > 4 ? at + 4 : length;
    if (PyUnicode_READ(width, data, stop) == '\n') return at;
    while (at < most && closes(PyUnicode_READ(width, data, at))) at++;
    if (at == most || PyUnicode_READ(width, data, at) != ' ')
        return stop && ends_a_verb(PyUnicode_READ(width, data, stop - 1)) ? stop + 1 : 0;
    Py_ssize_t end = at + 1;
    while (at < most && PyUnicode_READ(width, data, at) == ' ') at++;
    return at < most && Py_UNICODE_ISLOWER(PyUnicode_READ(width, data, at)) ? 0 : end;
}

Py_ALWAYS_INLINE static inline Py_ssize_t find_stop(int width, const void *data, Py_ssize_t from, Py_ssize_t length) {
    while (from < length && !stops(PyUnicode_READ(width, data, from))) from++;
    return from;
}

static Py_ssize_t next_stop(const Trial *trial, Py_ssize_t from) {
    switch (trial->width) {
    case PyUnicode_1BYTE_KIND: return find_stop(PyUnicode_1BYTE_KIND, trial->data, from, trial->length);
    case PyUnicode_2BYTE_KIND: return find_stop(PyUnicode_2BYTE_KIND, trial->data, from, trial->length);
    default: return find_stop(PyUnicode_4BYTE_KIND, trial->data, from, trial->length);
    }
}

/* Where the next sentence begins, looking for stops from a place on, which moves. */
static Py_ssize_t next_border(const Trial *trial, Py_ssize_t *from) {
    while ((*from = next_stop(trial, *from)) < trial->length) {
        Py_ssize_t end = sentence_end(trial->width, trial->data, trial->length, (*from)++);
        if (end) return end;
    }
    return PY_SSIZE_T_MAX;
}

/* ------------------------------------------------------------------------------------------------ sets */

static inline void join(Word *set, const Word *other, Py_ssize_t words) {
    for (Py_ssize_t i = 0; i < words; i++) set[i] |= other[i];
}

static inline int holds(const Word *set, Py_ssize_t bit) { return set[bit / BITS] >> bit % BITS & 1; }

static inline const Word *met_by(const Trier *trier, int64_t concept) { return &trier->meets[concept * trier->words]; }

/* Which clauses hold where these conditions are met: one addition with carry tries them all (clauses.py).

   among: the clauses that are asked for; barred: so far above a clause's own bit is the condition that bars it. */
static int try_all(const Trier *trier, const Word *met, const Word *among, int barred, Word *found) {
    Word carry = 0, any = 0;
    for (Py_ssize_t i = 0; i < trier->words; i++) {
        Word sum = met[i] + trier->lowest[i], over = sum < met[i];
        sum += carry;
        over |= sum < carry;
        carry = over;
        Word above = met[i] >> barred | (i + 1 < trier->words ? met[i + 1] << (BITS - barred) : 0);
        any |= found[i] = sum & among[i] & ~above;
    }
    return any != 0;
}

/* ------------------------------------------------------------------------------------------------ a trial */

/* Try the clauses on a unit, and note it where some hold. */
static int try_unit(Trial *trial, const Word *met, const Word *among, Py_ssize_t first, Py_ssize_t last) {
    Py_ssize_t words = trial->trier->words;
    if (trial->held_count == trial->held_room) {
        Py_ssize_t room = 2 * trial->held_room + 16;
        Unit *held = PyMem_Realloc(trial->held, room * sizeof(Unit));
        if (held != NULL) trial->held = held;
        Word *found = PyMem_Realloc(trial->found, room * words * sizeof(Word));
        if (found != NULL) trial->found = found;
        if (held == NULL || found == NULL) {
            PyErr_NoMemory();
            return -1;
        }
        trial->held_room = room;
    }
    trial->held[trial->held_count] = (Unit){first, last};
    trial->held_count += try_all(trial->trier, met, among, UNLESS, &trial->found[trial->held_count * words]);
    return 0;
}

/* Of the clauses that can hold, those that speak of this kind of unit, beside those that are there. */
static int add_speaking_of(Trial *trial, int kind, Word *among) {
    const Word *within = &trial->trier->within[kind * trial->trier->words];
    Word any = 0;
    for (Py_ssize_t i = 0; i < trial->trier->words; i++) any |= among[i] |= trial->possible[i] & within[i];
    return any != 0;
}

static int try_part(Trial *trial, int kind, const Word *met, Py_ssize_t hits) {
    Word *among = trial->of_part;
    memset(among, 0, trial->trier->words * sizeof(Word));
    return hits && add_speaking_of(trial, kind, among) ? try_unit(trial, met, among, 0, hits) : 0;
}

static int end_sentence(Trial *trial, Py_ssize_t first, Py_ssize_t last) {
    join(trial->paragraph, trial->sentence, trial->trier->words);
    int failed = try_unit(trial, trial->sentence, trial->of_sentences, first, last);
    memcpy(trial->sentence, trial->always, trial->trier->words * sizeof(Word));
    return failed;
}

static int end_paragraph(Trial *trial, Py_ssize_t first, Py_ssize_t last) {
    int failed = try_unit(trial, trial->paragraph, trial->of_paragraphs, first, last);
    memcpy(trial->paragraph, trial->always, trial->trier->words * sizeof(Word));
    return failed;
}

/* Cut, and try the clauses on each sentence and each paragraph that has a hit. The title is one, whatever ends in it. */
static int try_sentences(Trial *trial) {
    size_t size = trial->trier->words * sizeof(Word);
    int any = add_speaking_of(trial, FOCUS, trial->of_sentences) | add_speaking_of(trial, SENTENCE, trial->of_sentences);
    if (!(any | add_speaking_of(trial, PARAGRAPH, trial->of_paragraphs)) || trial->hit_count == 0) return 0;
    Py_ssize_t from = trial->title_length, border = next_border(trial, &from), first = 0, begin = 0;
    memcpy(trial->sentence, trial->always, size);
    memcpy(trial->paragraph, trial->always, size);
    for (Py_ssize_t i = 0; i < trial->hit_count; i++) {
        int over = 0, all_over = 0;
        for (; border <= trial->hits[i].start; border = next_border(trial, &from)) {
            over = 1;
            all_over |= PyUnicode_READ(trial->width, trial->data, border - 1) == '\n';
        }
        if (over && i) {
            if (end_sentence(trial, first, i) < 0 || (all_over && end_paragraph(trial, begin, i) < 0)) return -1;
            first = i;
            if (all_over) begin = i;
        }
        join(trial->sentence, met_by(trial->trier, trial->hits[i].concept), trial->trier->words);
    }
    return end_sentence(trial, first, trial->hit_count) < 0 ? -1 : end_paragraph(trial, begin, trial->hit_count);
}

/* From the units that are held to the clauses that hold: of focus those in a sentence of title or lead, or in several
   further down; all others in one. */
static void add_up(Trial *trial, int is_long) {
    Py_ssize_t words = trial->trier->words;
    const Word *focus = &trial->trier->within[FOCUS * words];
    for (Py_ssize_t n = 0; n < trial->held_count; n++) {
        const Word *found = &trial->found[n * words];
        Word in_front = trial->held[n].first < trial->lead_hits ? ~(Word)0 : 0;
        for (Py_ssize_t i = 0; i < words; i++) {
            Word of_focus = found[i] & focus[i];
            trial->holding[i] |= found[i] & ~focus[i];
            trial->front[i] |= of_focus & in_front;
            trial->thrice[i] |= of_focus & trial->twice[i];
            trial->twice[i] |= of_focus & trial->once[i];
            trial->once[i] |= of_focus;
        }
    }
    for (Py_ssize_t i = 0; i < words; i++)
        trial->holding[i] |= (trial->possible[i] & trial->trier->unitless[i]) | trial->front[i] |
                             (is_long ? trial->thrice[i] : trial->twice[i]);
}

/* Whether a clause holds in a unit that counts: once it is in focus by title or lead, those further down do not. */
static int counts(const Trial *trial, const Clause *clause, Py_ssize_t unit) {
    return holds(&trial->found[unit * trial->trier->words], clause->own) &&
           (trial->held[unit].first < trial->lead_hits || !holds(trial->front, clause->own));
}

/* Whether a clause holds in the article, in as many units as it asks for. */
static int holds_in_all(const Trial *trial, const Clause *clause) {
    int32_t times = 0;
    if (!holds(trial->holding, clause->own)) return 0;
    if (clause->kind < 0 || clause->times < 2) return 1;
    for (Py_ssize_t n = 0; n < trial->held_count && times < clause->times; n++) times += counts(trial, clause, n);
    return times == clause->times;
}

static int append(PyObject *list, PyObject *item) {
    int failed = item == NULL || PyList_Append(list, item) < 0;
    Py_XDECREF(item);
    return failed ? -1 : 0;
}

/* One piece of evidence: a model.Evidence, filled as a tuple is. */
static PyObject *evidence_at(const Trial *trial, const Clause *clause, const Hit *hit) {
    const Trier *trier = trial->trier;
    int in_title = hit->start < trial->title_length;
    Py_ssize_t begin = in_title ? 0 : trial->title_length + 1;
    PyObject *items[] = {Py_NewRef(PyTuple_GET_ITEM(trier->concepts, hit->concept)),
                         PyUnicode_Substring(trial->text, hit->start, hit->end),
                         Py_NewRef(in_title ? trier->in_title : trier->in_text),
                         PyLong_FromSsize_t(hit->start - begin),
                         PyLong_FromSsize_t(hit->end - begin),
                         Py_NewRef(PyTuple_GET_ITEM(clause->names, 0)),
                         Py_NewRef(PyTuple_GET_ITEM(clause->names, 1))};
    PyObject *evidence = NULL, *all = PyTuple_New(FIELDS), *arguments = all ? PyTuple_Pack(1, all) : NULL;
    int failed = arguments == NULL;
    for (int i = 0; i < FIELDS; i++) {
        failed |= items[i] == NULL;
        if (all != NULL) PyTuple_SET_ITEM(all, i, items[i]);
        else Py_XDECREF(items[i]);
    }
    if (!failed) evidence = PyTuple_Type.tp_new(trier->evidence, arguments, NULL);
    Py_XDECREF(arguments);
    Py_XDECREF(all);
    return evidence;
}

/* The hits that a clause stands on: in its first units those that meet one of its conditions. */
static PyObject *evidence_of(const Trial *trial, const Clause *clause) {
    PyObject *evidence = PyList_New(0);
    int failed = evidence == NULL, units = 0, count = 0;
    for (Py_ssize_t n = 0; n < trial->held_count && units < EVIDENCE_UNITS && clause->names != NULL; n++) {
        if (!counts(trial, clause, n)) continue;
        units++;
        for (Py_ssize_t i = trial->held[n].first; i < trial->held[n].last && count < EVIDENCE_HITS && !failed; i++) {
            const Word *met = met_by(trial->trier, trial->hits[i].concept);
            int32_t bit = clause->own - clause->groups;
            while (bit < clause->own && !holds(met, bit)) bit++;
            if (bit == clause->own) continue;
            failed = append(evidence, evidence_at(trial, clause, &trial->hits[i]));
            count++;
        }
    }
    if (failed) Py_CLEAR(evidence);
    return evidence;
}

/* What Python is told. */
static PyObject *tell(const Trial *trial, int explained) {
    PyObject *holding = PyList_New(0), *evidence = PyList_New(0);
    int failed = holding == NULL || evidence == NULL;
    for (Py_ssize_t n = 0; n < trial->trier->count && !failed; n++) {
        const Clause *clause = &trial->trier->clauses[n];
        if (holds_in_all(trial, clause))
            failed = append(holding, PyLong_FromSsize_t(n)) || (explained && append(evidence, evidence_of(trial, clause)));
    }
    if (!failed) return Py_BuildValue("NN", holding, evidence);
    Py_XDECREF(holding);
    Py_XDECREF(evidence);
    return NULL;
}

/* Give each set its place in one piece of memory, empty. */
static int make_sets(Trial *trial) {
    Word **sets[] = {&trial->always,       &trial->title,         &trial->lead,     &trial->whole,     &trial->possible,
                     &trial->of_part,      &trial->of_sentences,  &trial->of_paragraphs, &trial->sentence,
                     &trial->paragraph,    &trial->holding,       &trial->front,    &trial->once,      &trial->twice,
                     &trial->thrice};
    size_t count = sizeof(sets) / sizeof(*sets);
    trial->sets = PyMem_Calloc(count * trial->trier->words, sizeof(Word));
    if (trial->sets == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    for (size_t i = 0; i < count; i++) *sets[i] = &trial->sets[i * trial->trier->words];
    return 0;
}

/* What title, lead and whole meet; the lead begins with the title. */
static void meet(Trial *trial) {
    Py_ssize_t words = trial->trier->words, i = 0;
    size_t size = words * sizeof(Word);
    memcpy(trial->title, trial->always, size);
    for (; i < trial->hit_count && trial->hits[i].start < trial->title_length; i++)
        join(trial->title, met_by(trial->trier, trial->hits[i].concept), words);
    trial->title_hits = i;
    memcpy(trial->lead, trial->title, size);
    for (; i < trial->hit_count && trial->hits[i].start < trial->title_length + 1 + LEAD; i++)
        join(trial->lead, met_by(trial->trier, trial->hits[i].concept), words);
    trial->lead_hits = i;
    memcpy(trial->whole, trial->lead, size);
    for (; i < trial->hit_count; i++) join(trial->whole, met_by(trial->trier, trial->hits[i].concept), words);
}

PyDoc_STRVAR(tried_doc, "tried(whole, title_length, hits, home, explained, /)\n--\n\n"
"As trial.Trier.tried says.");

static PyObject *Trier_tried(const Trier *trier, PyObject *arguments) {
    PyObject *packed, *told = NULL;
    Py_ssize_t home;
    int explained;
    Trial trial = {.trier = trier};
    if (!PyArg_ParseTuple(arguments, "UnSnp:tried", &trial.text, &trial.title_length, &packed, &home, &explained)) return NULL;
    trial.width = PyUnicode_KIND(trial.text);
    trial.data = PyUnicode_DATA(trial.text);
    trial.length = PyUnicode_GET_LENGTH(trial.text);
    trial.hits = (const Hit *)PyBytes_AS_STRING(packed);
    trial.hit_count = PyBytes_GET_SIZE(packed) / (Py_ssize_t)sizeof(Hit);
    int wrong = home < -1 || home >= trier->known || trial.title_length < 0 || trial.title_length > trial.length;
    for (Py_ssize_t i = 0; i < trial.hit_count; i++)
        wrong |= trial.hits[i].concept < 0 || trial.hits[i].concept >= PyTuple_GET_SIZE(trier->concepts) ||
                 trial.hits[i].start < 0 || trial.hits[i].start > trial.hits[i].end || trial.hits[i].end > trial.length;
    if (wrong) return PyErr_Format(PyExc_ValueError, "no such concept, home country or place");
    if (make_sets(&trial) < 0) return NULL;
    if (home >= 0) join(trial.always, met_by(trier, home), trier->words);
    meet(&trial);
    try_all(trier, trial.whole, trier->own, UNLESS_ANYWHERE, trial.possible);
    if (try_part(&trial, TITLE, trial.title, trial.title_hits) == 0 &&
        try_part(&trial, LEADING, trial.lead, trial.lead_hits) == 0 &&
        try_part(&trial, ARTICLE, trial.whole, trial.hit_count) == 0 && try_sentences(&trial) == 0) {
        add_up(&trial, trial.length - trial.title_length - 1 >= LONG);
        told = tell(&trial, explained);
    }
    PyMem_Free(trial.held);
    PyMem_Free(trial.found);
    PyMem_Free(trial.sets);
    return told;
}

/* ------------------------------------------------------------------------------------------------ the clauses */

static int read_clause(Trier *trier, PyObject *field, Clause *clause) {
    PyObject *names;
    if (!PyTuple_Check(field)) {
        PyErr_SetString(PyExc_TypeError, "a clause is a tuple");
        return -1;
    }
    if (!PyArg_ParseTuple(field, "iiiiO:clause", &clause->own, &clause->groups, &clause->kind, &clause->times, &names))
        return -1;
    if (clause->groups < 0 || clause->own < clause->groups || clause->own >= trier->words * BITS - UNLESS_ANYWHERE ||
        clause->kind < -1 || clause->kind >= KINDS ||
        !(names == Py_None || (PyTuple_Check(names) && PyTuple_GET_SIZE(names) == 2))) {
        PyErr_SetString(PyExc_ValueError, "a clause has a field of no place, speaks of no unit, or has no two names");
        return -1;
    }
    Word *of_its_kind = clause->kind < 0 ? trier->unitless : &trier->within[clause->kind * trier->words];
    int32_t lowest = clause->own - clause->groups;
    of_its_kind[clause->own / BITS] |= (Word)1 << clause->own % BITS;
    trier->own[clause->own / BITS] |= (Word)1 << clause->own % BITS;
    trier->lowest[lowest / BITS] |= (Word)1 << lowest % BITS;
    clause->names = names == Py_None ? NULL : Py_NewRef(names);
    return 0;
}

static PyObject *Trier_new(PyTypeObject *type, PyObject *arguments, PyObject *keywords) {
    Py_ssize_t words;
    Py_buffer meets;
    PyObject *clauses, *concepts;
    PyTypeObject *evidence;
    Trier *trier = NULL;
    (void)keywords;
    if (!PyArg_ParseTuple(arguments, "ny*O!O!O!:Trier", &words, &meets, &PyTuple_Type, &clauses, &PyTuple_Type, &concepts,
                          &PyType_Type, &evidence))
        return NULL;
    Py_ssize_t size = words * (Py_ssize_t)sizeof(Word);
    if (words < 1 || words > 1 << 20 || meets.len % size || meets.len / size < PyTuple_GET_SIZE(concepts) || !PyType_IsSubtype(evidence, &PyTuple_Type)) {
        PyErr_SetString(PyExc_ValueError, "what concepts meet is so many words for each, and evidence a named tuple");
        goto done;
    }
    trier = (Trier *)type->tp_alloc(type, 0);
    if (trier == NULL) goto done;
    trier->words = words;
    trier->known = meets.len / size;
    trier->concepts = Py_NewRef(concepts);
    trier->evidence = (PyTypeObject *)Py_NewRef(evidence);
    trier->in_title = PyUnicode_InternFromString("title");
    trier->in_text = PyUnicode_InternFromString("text");
    trier->meets = PyMem_Malloc(meets.len + 1);
    trier->clauses = PyMem_Calloc(PyTuple_GET_SIZE(clauses) + 1, sizeof(Clause));
    trier->lowest = PyMem_Calloc((KINDS + 3) * words, sizeof(Word));
    if (!trier->in_title || !trier->in_text || !trier->meets || !trier->clauses || !trier->lowest) {
        if (!PyErr_Occurred()) PyErr_NoMemory();
        Py_CLEAR(trier);
        goto done;
    }
    memcpy(trier->meets, meets.buf, meets.len);
    trier->own = trier->lowest + words;
    trier->unitless = trier->own + words;
    trier->within = trier->unitless + words;
    for (; trier->count < PyTuple_GET_SIZE(clauses); trier->count++)
        if (read_clause(trier, PyTuple_GET_ITEM(clauses, trier->count), &trier->clauses[trier->count]) < 0) {
            Py_CLEAR(trier);
            break;
        }
done:
    PyBuffer_Release(&meets);
    return (PyObject *)trier;
}

static int Trier_traverse(Trier *trier, visitproc visit, void *arg) {
    Py_VISIT(Py_TYPE(trier));
    Py_VISIT(trier->concepts);
    Py_VISIT(trier->evidence);
    return 0;
}

static int Trier_clear(Trier *trier) {
    Py_CLEAR(trier->concepts);
    Py_CLEAR(trier->evidence);
    return 0;
}

static void Trier_dealloc(Trier *trier) {
    PyTypeObject *type = Py_TYPE(trier);
    PyObject_GC_UnTrack(trier);
    Trier_clear(trier);
    for (Py_ssize_t i = 0; i < trier->count; i++) Py_XDECREF(trier->clauses[i].names);
    Py_XDECREF(trier->in_title);
    Py_XDECREF(trier->in_text);
    PyMem_Free(trier->meets);
    PyMem_Free(trier->clauses);
    PyMem_Free(trier->lowest);
    type->tp_free(trier);
    Py_DECREF(type);
}

static PyMethodDef trier_methods[] = {
    {"tried", (PyCFunction)Trier_tried, METH_VARARGS, tried_doc},
    {NULL, NULL, 0, NULL},
};

PyDoc_STRVAR(trier_doc, "Trier(words, meets, clauses, concepts, evidence, /)\n--\n\n"
"All clauses, ready to be tried. See the stub for what these are.");

static PyType_Slot trier_slots[] = {
    {Py_tp_doc, (void *)trier_doc},
    {Py_tp_new, Trier_new},
    {Py_tp_dealloc, Trier_dealloc},
    {Py_tp_traverse, Trier_traverse},
    {Py_tp_clear, Trier_clear},
    {Py_tp_methods, trier_methods},
    {0, NULL},
};

static PyType_Spec trier_spec = {
    .name = "pipeline.flagging._trial.Trier",
    .basicsize = sizeof(Trier),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = trier_slots,
};

MODULE(_trial, "All clauses tried on an article, compiled.", trier_spec)
