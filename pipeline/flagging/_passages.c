/* Finds the passages of the reference that an article is nearest to: the compiled half of passages.py, which tells the
   formula. What is found here must be what is found there (tests/flagging/test_clauses.py).

   In: for each concept its axes, for each axis its weight, for each passage its share of each axis; then hits. Out: the
   nearest passages.
*/

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <math.h>
#include <stdint.h>

#include "_part.h"

#define SHOWN 3 /* as in passages.py */
#define LEAST 0.05
#define SHARED 8

typedef struct {
    PyObject_HEAD
    Py_ssize_t concepts, axes, passages;
    int32_t *begins;  /* for each concept, and for nobody behind the last, where its axes begin in the list of all */
    int32_t *axis_of; /* all these, one after the other */
    double *idf;      /* of each axis */
    double *shares;   /* passage by passage, of each axis */
} Space;

/* Take out the largest of some numbers that are not negative, the first of equals; where it stood. */
static Py_ssize_t take_largest(double *numbers, Py_ssize_t count, double *largest) {
    Py_ssize_t place = 0;
    *largest = 0;
    for (Py_ssize_t i = 0; i < count; i++)
        if (numbers[i] > *largest) *largest = numbers[place = i];
    if (*largest > 0) numbers[place] = 0;
    return place;
}

/* A passage with the axes that make it like the article most. */
static PyObject *tell(const Space *space, Py_ssize_t passage, double similarity, const double *weights, double *alike) {
    PyObject *shared = PyList_New(0);
    for (Py_ssize_t i = 0; i < space->axes; i++) alike[i] = weights[i] * space->shares[passage * space->axes + i];
    for (int n = 0; n < SHARED && shared != NULL; n++) {
        double largest;
        Py_ssize_t axis = take_largest(alike, space->axes, &largest);
        if (largest == 0) break;
        PyObject *number = PyLong_FromSsize_t(axis);
        if (number == NULL || PyList_Append(shared, number) < 0) Py_CLEAR(shared);
        Py_XDECREF(number);
    }
    return shared == NULL ? NULL : Py_BuildValue("ndN", passage, similarity, shared);
}

PyDoc_STRVAR(nearest_doc, "nearest(hits, /)\n--\n\nAs passages.Space.nearest.");

static PyObject *Space_nearest(const Space *space, PyObject *packed) {
    if (!PyBytes_Check(packed)) return PyErr_Format(PyExc_TypeError, "hits are packed in bytes");
    const Hit *hits = (const Hit *)PyBytes_AS_STRING(packed);
    Py_ssize_t count = PyBytes_GET_SIZE(packed) / (Py_ssize_t)sizeof(Hit);
    for (Py_ssize_t i = 0; i < count; i++)
        if (hits[i].concept < 0 || hits[i].concept >= space->concepts)
            return PyErr_Format(PyExc_ValueError, "there is no such concept");
    double *weights = PyMem_Calloc(2 * space->axes + space->passages + 1, sizeof(double)), length = 0;
    double *alike = weights + space->axes, *similarity = alike + space->axes;
    PyObject *nearest = PyList_New(0);
    if (weights == NULL || nearest == NULL) {
        PyMem_Free(weights);
        Py_XDECREF(nearest);
        return PyErr_NoMemory();
    }
    for (Py_ssize_t i = 0; i < count; i++)
        for (int32_t k = space->begins[hits[i].concept]; k < space->begins[hits[i].concept + 1]; k++)
            weights[space->axis_of[k]]++;
    for (Py_ssize_t i = 0; i < space->axes; i++) {
        if (weights[i] > 0) weights[i] = (1 + log(weights[i])) * space->idf[i];
        length += weights[i] * weights[i];
    }
    length = sqrt(length);
    for (Py_ssize_t n = 0; n < space->passages && length > 0; n++) {
        double sum = 0;
        for (Py_ssize_t i = 0; i < space->axes; i++) sum += weights[i] * space->shares[n * space->axes + i];
        similarity[n] = sum / length;
    }
    for (int n = 0; n < SHOWN && nearest != NULL; n++) {
        double largest;
        Py_ssize_t passage = take_largest(similarity, space->passages, &largest);
        if (largest < LEAST) break;
        PyObject *one = tell(space, passage, largest, weights, alike);
        if (one == NULL || PyList_Append(nearest, one) < 0) Py_CLEAR(nearest);
        Py_XDECREF(one);
    }
    PyMem_Free(weights);
    return nearest;
}

/* A copy of an array of Python's; NULL: there is no memory. */
static void *copy(const Py_buffer *array) {
    void *memory = PyMem_Malloc(array->len + 1);
    if (memory == NULL) PyErr_NoMemory();
    else memcpy(memory, array->buf, array->len);
    return memory;
}

static int is_whole(const Space *space, Py_ssize_t all) {
    if (space->concepts < 0 || space->begins[0] != 0 || space->begins[space->concepts] != all) return 0;
    for (Py_ssize_t i = 0; i < space->concepts; i++)
        if (space->begins[i] > space->begins[i + 1]) return 0;
    for (Py_ssize_t i = 0; i < all; i++)
        if (space->axis_of[i] < 0 || space->axis_of[i] >= space->axes) return 0;
    return 1;
}

static PyObject *Space_new(PyTypeObject *type, PyObject *arguments, PyObject *keywords) {
    Py_buffer begins, axis_of, idf, shares;
    (void)keywords;
    if (!PyArg_ParseTuple(arguments, "y*y*y*y*:Space", &begins, &axis_of, &idf, &shares)) return NULL;
    Space *space = (Space *)type->tp_alloc(type, 0);
    if (space != NULL) {
        space->concepts = begins.len / (Py_ssize_t)sizeof(int32_t) - 1;
        space->axes = idf.len / (Py_ssize_t)sizeof(double);
        space->passages = space->axes ? shares.len / (space->axes * (Py_ssize_t)sizeof(double)) : 0;
        space->begins = copy(&begins);
        space->axis_of = copy(&axis_of);
        space->idf = copy(&idf);
        space->shares = copy(&shares);
        if (!space->begins || !space->axis_of || !space->idf || !space->shares) Py_CLEAR(space);
        else if (!is_whole(space, axis_of.len / (Py_ssize_t)sizeof(int32_t))) {
            PyErr_SetString(PyExc_ValueError, "the axes of concepts are no list of axes");
            Py_CLEAR(space);
        }
    }
    PyBuffer_Release(&begins);
    PyBuffer_Release(&axis_of);
    PyBuffer_Release(&idf);
    PyBuffer_Release(&shares);
    return (PyObject *)space;
}

static void Space_dealloc(Space *space) {
    PyTypeObject *type = Py_TYPE(space);
    PyMem_Free(space->begins);
    PyMem_Free(space->axis_of);
    PyMem_Free(space->idf);
    PyMem_Free(space->shares);
    type->tp_free(space);
    Py_DECREF(type);
}

static PyMethodDef space_methods[] = {
    {"nearest", (PyCFunction)Space_nearest, METH_O, nearest_doc},
    {NULL, NULL, 0, NULL},
};

PyDoc_STRVAR(space_doc, "Space(begins, axes, idf, shares, /)\n--\n\n"
"The passages in concept space. See the stub for what these are.");

static PyType_Slot space_slots[] = {
    {Py_tp_doc, (void *)space_doc},
    {Py_tp_new, Space_new},
    {Py_tp_dealloc, Space_dealloc},
    {Py_tp_methods, space_methods},
    {0, NULL},
};

static PyType_Spec space_spec = {
    .name = "pipeline.flagging._passages.Space",
    .basicsize = sizeof(Space),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = space_slots,
};

MODULE(_passages, "The nearest passages, compiled.", space_spec)
