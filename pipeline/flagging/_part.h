/* What the compiled parts of flagging share: the hits that they hand on to each other, as hits.py says, and how a module
   that is one type comes to Python. */

#include <stdint.h>

#ifdef Py_GIL_DISABLED
#error "Rules are asked for under the global lock: a Python without one has the matcher in Python."
#endif

typedef struct {
    int64_t start, end, concept;
} Hit;

static int add_type(PyObject *module, PyType_Spec *spec) {
    PyObject *type = PyType_FromModuleAndSpec(module, spec, NULL);
    int failed = type == NULL || PyModule_AddType(module, (PyTypeObject *)type) < 0;
    Py_XDECREF(type);
    return failed ? -1 : 0;
}

#define MODULE(NAME, DOC, SPEC)                                                                     \
    static int fill(PyObject *module) { return add_type(module, &SPEC); }                           \
    static PyModuleDef_Slot slots[] = {{Py_mod_exec, fill}, {0, NULL}};                             \
    static PyModuleDef module = {                                                                   \
        .m_base = PyModuleDef_HEAD_INIT, .m_name = #NAME, .m_doc = DOC, .m_slots = slots,           \
    };                                                                                              \
    PyMODINIT_FUNC PyInit_##NAME(void) { return PyModuleDef_Init(&module); }
