/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* ipc._ipc: constants, ftok, and how the module is made. */
#include "module.h"

#include "kernel_constants.h"

PyDoc_STRVAR(ftok_doc,
	     "ftok(pathname, proj_id)\n--\n\n"
	     "Return a key, a signed 32-bit number, for a file that exists and a project.\n\n"
	     "pathname: str, bytes or os.PathLike.  proj_id: an int, of which the low 8 bits\n"
	     "count and must not be 0 (ValueError), or one character.\n\n"
	     "OSError: as stat(2).  See ftok(3).");

static int to_project(PyObject *object, int *proj_id)
{
	Py_buffer text;

	if (!PyUnicode_Check(object) && !PyBytes_Check(object))
		return to_word(object, "proj_id", proj_id);
	if (text_view(object, &text) < 0)
		return -1;
	const bool one = text.len == 1;
	if (one)
		*proj_id = *(unsigned char *)text.buf;
	else
		PyErr_SetString(PyExc_ValueError, "proj_id: one character of one byte is needed");
	PyBuffer_Release(&text);
	return one ? 0 : -1;
}

static PyObject *ipc_ftok(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
			  PyObject *kwnames)
{
	static const struct signature signature = {"ftok", 2, 2, {"pathname", "proj_id"}};
	union arguments given;
	PyObject *path;
	int proj_id, error;
	key_t key;

	if (parse(&signature, args, nargs, kwnames, &given) < 0 ||
	    to_project(given.arg[1], &proj_id) < 0)
		return NULL;
	if ((proj_id & 0xff) == 0)
		return PyErr_Format(PyExc_ValueError, "proj_id: the low 8 bits are 0");
	if (audit(state_of(module), CALL_ftok, &given, 2) < 0 ||
	    !PyUnicode_FSConverter(given.arg[0], &path))
		return NULL;
	/* -1 is a key as well; only errno tells it from an error. */
	Py_BEGIN_ALLOW_THREADS errno = 0;
	key = ftok(PyBytes_AsString(path), proj_id);
	error = errno;
	Py_END_ALLOW_THREADS Py_DECREF(path);
	errno = error;
	return key == -1 && error ? call_failed(CALL_ftok, NULL) : PyLong_FromLong(key);
}

static PyMethodDef ftok_methods[] = {
	CALL_METHOD(ftok),
	{NULL, NULL, 0, NULL},
};

/* ---- making the module ----------------------------------------------------------------- */

/* One constant, with the sign that C gives it. */
static int add_constant(PyObject *module, const char *name, bool negative, unsigned long long bits)
{
	PyObject *value =
		negative ? PyLong_FromLongLong((long long)bits) : PyLong_FromUnsignedLongLong(bits);
	int result = value ? PyModule_AddObjectRef(module, name, value) : -1;

	Py_XDECREF(value);
	return result;
}

static int add_constants(PyObject *module)
{
	const struct {
		const char *name;
		bool negative;
		unsigned long long bits;
	} constants[] = {
#define CONST(C, D) {#C, !((C) > 0 || (C) == 0), (unsigned long long)(C)},
#include "interface/sysvipc.def"
	};

	for (size_t i = 0; i < Py_ARRAY_LENGTH(constants); i++)
		if (add_constant(module, constants[i].name, constants[i].negative,
				 constants[i].bits) < 0)
			return -1;
	return 0;
}

static int add_types(PyObject *module, struct state *state)
{
	for (unsigned i = 0; i < NTYPES; i++) {
		state->type[i] = structure_type(module, i);
		if (!state->type[i] || PyModule_AddType(module, state->type[i]) < 0)
			return -1;
	}
	state->address_type = (PyTypeObject *)PyType_FromModuleAndSpec(module, &address_spec, NULL);
	state->pin_type = (PyTypeObject *)PyType_FromModuleAndSpec(module, &pin_spec, NULL);
	if (!state->pin_type)
		return -1;
	return state->address_type ? PyModule_AddType(module, state->address_type) : -1;
}

static int add_events(struct state *state)
{
	static const char *const events[NCALLS] = {
#define FUNCTION(R, F, P, A) [CALL_##F] = "ipc." #F,
#include "interface/sysvipc.def"
#define X(F) [CALL_##F] = "ipc." #F,
		OTHER_CALLS(X)
#undef X
	};

	for (unsigned i = 0; i < NCALLS; i++) {
		state->event[i] = PyUnicode_InternFromString(events[i]);
		if (!state->event[i])
			return -1;
	}
	/* PySys_Audit is not in the limited API of 3.11. */
	state->audit = Py_XNewRef(PySys_GetObject("audit"));
	if (!state->audit)
		return -1;
	/* One in Python, or of another convention, is called as any object is. */
	if (PyCFunction_CheckExact(state->audit) &&
	    PyCFunction_GetFlags(state->audit) == METH_FASTCALL) {
		state->audit_self = PyCFunction_GetSelf(state->audit);
		state->audit_function =
			(fast_function)(void (*)(void))PyCFunction_GetFunction(state->audit);
	}
	return 0;
}

/* _names_2003: what ipc.__all__ leaves out, so that help(ipc) reads well. */
static int add_names_2003(PyObject *module)
{
	PyObject *names = PyList_New(0);
	int result = names ? 0 : -1;

	for (const PyMethodDef *method = methods_2003; result == 0 && method->ml_name; method++) {
		PyObject *name = PyUnicode_FromString(method->ml_name);
		result = name ? PyList_Append(names, name) : -1;
		Py_XDECREF(name);
	}
	if (result == 0)
		result = PyModule_AddObjectRef(module, "_names_2003", names);
	Py_XDECREF(names);
	return result;
}

static int module_exec(PyObject *module)
{
	PyMethodDef *const methods[] = {ftok_methods, msg_methods,	 sem_methods,
					shm_methods,  structure_methods, methods_2003,
					hook_methods, inbox_functions};
	struct state *state = state_of(module);

	if (add_events(state) < 0 || add_types(module, state) < 0 || add_constants(module) < 0 ||
	    hooks_add(module, state) < 0)
		return -1;
	for (size_t i = 0; i < Py_ARRAY_LENGTH(methods); i++)
		if (PyModule_AddFunctions(module, methods[i]) < 0)
			return -1;
	return add_names_2003(module);
}

static int module_traverse(PyObject *module, visitproc visit, void *arg)
{
	struct state *state = state_of(module);

	for (unsigned i = 0; i < NTYPES; i++)
		Py_VISIT(state->type[i]);
	Py_VISIT(state->address_type);
	Py_VISIT(state->pin_type);
	Py_VISIT(state->wait_type);
	Py_VISIT(state->inbox_type);
	Py_VISIT(state->messages_type);
	Py_VISIT(state->audit);
	return 0;
}

static int module_clear(PyObject *module)
{
	struct state *state = state_of(module);

	for (unsigned i = 0; i < NTYPES; i++)
		Py_CLEAR(state->type[i]);
	for (unsigned i = 0; i < NCALLS; i++)
		Py_CLEAR(state->event[i]);
	Py_CLEAR(state->address_type);
	Py_CLEAR(state->pin_type);
	Py_CLEAR(state->wait_type);
	Py_CLEAR(state->inbox_type);
	Py_CLEAR(state->messages_type);
	Py_CLEAR(state->audit);
	return 0;
}

static void module_free(void *module)
{
	module_clear(module);
	guarded_free(&state_of(module)->values);
}

/*
 * A slot that the interpreter does not know is an error, so the slots are
 * chosen when the module is loaded, by Py_Version: one build serves them all.
 * The numbers are those of CPython 3.12, which 3.11's headers lack:
 * Py_mod_multiple_interpreters, Py_MOD_PER_INTERPRETER_GIL_SUPPORTED.
 */
static PyModuleDef_Slot slots_3_11[] = {{Py_mod_exec, module_exec}, {0, NULL}};
static PyModuleDef_Slot slots_3_12[] = {{Py_mod_exec, module_exec},
					{3, (void *)2},
#ifdef Py_GIL_DISABLED
					{Py_mod_gil, Py_MOD_GIL_NOT_USED},
#endif
					{0, NULL}};

/* A constant is an int, which cannot have its own docstring. */
static const char module_doc[] = "System V IPC: message queues, semaphore sets, shared memory.\n\n"
				 "The constants:\n\n"
#define CONST(C, D) #C ": " D "\n"
#include "interface/sysvipc.def"
	;

#define DEFINITION(SLOTS)                                                                      \
	{                                                                                      \
		PyModuleDef_HEAD_INIT, .m_name = "ipc._ipc", .m_doc = module_doc,              \
				       .m_size = sizeof(struct state), .m_slots = SLOTS,       \
				       .m_traverse = module_traverse, .m_clear = module_clear, \
				       .m_free = module_free,                                  \
	}
static PyModuleDef definition_3_11 = DEFINITION(slots_3_11);
static PyModuleDef definition_3_12 = DEFINITION(slots_3_12);

PyMODINIT_FUNC PyInit__ipc(void);
PyMODINIT_FUNC PyInit__ipc(void)
{
	return PyModuleDef_Init(Py_Version < 0x030c0000 ? &definition_3_11 : &definition_3_12);
}
