/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/*
 * The functions that SWIG generated for the module of 2003, made from the table: new_S(),
 * delete_S(p), S_member_get(p), S_member_set(p, v).  The functions of a member that only
 * Linux 2.4 had raise AttributeError.
 */
#include "module.h"

static PyObject *new_object(PyObject *module, enum type_index index)
{
	return PyObject_CallNoArgs((PyObject *)state_of(module)->type[index]);
}

/* Frees no memory, because the object lives until its last reference is dropped. */
static PyObject *delete_object(PyObject *module, PyObject *object, enum type_index index)
{
	if (!structure_bytes(state_of(module), object, index, "delete"))
		return NULL;
	Py_RETURN_NONE;
}

static PyObject *get_member(PyObject *module, PyObject *object, enum type_index index,
			    const char *member)
{
	if (!structure_bytes(state_of(module), object, index, member))
		return NULL;
	return PyObject_GetAttrString(object, member);
}

static PyObject *set_member(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
			    enum type_index index, const char *member)
{
	if (nargs != 2)
		return PyErr_Format(PyExc_TypeError, "%s_%s_set() takes 2 arguments, %zd given",
				    layouts[index].name, member, nargs);
	if (!structure_bytes(state_of(module), args[0], index, member) ||
	    PyObject_SetAttrString(args[0], member, args[1]) < 0)
		return NULL;
	Py_RETURN_NONE;
}

static PyObject *gone(const char *structure, const char *member)
{
	return PyErr_Format(PyExc_AttributeError, "struct %s has had no member %s since Linux 2.6",
			    structure, member);
}

/* ---- one function for each name ----------------------------------------------------- */

#define ACCESSORS(FUNCTION_NAME, S, NAME)                                             \
	static PyObject *FUNCTION_NAME##_get(PyObject *module, PyObject *object)      \
	{                                                                             \
		return get_member(module, object, TYPE_##S, NAME);                    \
	}                                                                             \
	static PyObject *FUNCTION_NAME##_set(PyObject *module, PyObject *const *args, \
					     Py_ssize_t nargs)                        \
	{                                                                             \
		return set_member(module, args, nargs, TYPE_##S, NAME);               \
	}
#define STRUCT(S, U, D)                                                         \
	static PyObject *new_##S(PyObject *module, PyObject *Py_UNUSED(unused)) \
	{                                                                       \
		return new_object(module, TYPE_##S);                            \
	}                                                                       \
	static PyObject *delete_##S(PyObject *module, PyObject *object)         \
	{                                                                       \
		return delete_object(module, object, TYPE_##S);                 \
	}
#define MEMBER(S, M, D) ACCESSORS(S##_##M, S, #M)
#define MEMBER__(S, M, D) ACCESSORS(S##___##M, S, "__" #M)
#define NESTED(S, M, T, D) ACCESSORS(S##_##M, S, #M)
#define TEXT(S, M, D) ACCESSORS(S##_##M, S, #M)
#define POINTER(S, T, M, D) ACCESSORS(S##_##M, S, #M)
#define GONE(S, M)                                                                              \
	static PyObject *S##_##M##_gone(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(args)) \
	{                                                                                       \
		return gone(#S, #M);                                                            \
	}
#include "interface/sysvipc.def"

#define ROWS(FUNCTION_NAME, S, NAME)                                                      \
	{#FUNCTION_NAME "_get", FUNCTION_NAME##_get, METH_O,                              \
	 #FUNCTION_NAME "_get(p, /)\n--\n\nReturn " NAME " of a " #S "."},                \
		{#FUNCTION_NAME "_set", (PyCFunction)(void (*)(void))FUNCTION_NAME##_set, \
		 METH_FASTCALL, #FUNCTION_NAME "_set(p, v, /)\n--\n\nSet " NAME " of a " #S "."},
#define ROW_GONE(NAME, FUNCTION, PARAMETERS, S)                                               \
	{NAME, FUNCTION, METH_VARARGS,                                                        \
	 NAME PARAMETERS "\n--\n\nRaise AttributeError: only Linux 2.4 had this member of " S \
			 "."},

PyMethodDef swig_methods[] = {
#define STRUCT(S, U, D)                                                                   \
	{"new_" #S, new_##S, METH_NOARGS, "new_" #S "()\n--\n\nReturn a zeroed " #S "."}, \
		{"delete_" #S, delete_##S, METH_O,                                        \
		 "delete_" #S "(p, /)\n--\n\nDo nothing: a " #S                           \
		 " is freed with its last reference."},
#define MEMBER(S, M, D) ROWS(S##_##M, S, #M)
#define MEMBER__(S, M, D) ROWS(S##___##M, S, "__" #M)
#define NESTED(S, M, T, D) ROWS(S##_##M, S, #M)
#define TEXT(S, M, D) ROWS(S##_##M, S, #M)
#define POINTER(S, T, M, D) ROWS(S##_##M, S, #M)
#define GONE(S, M)                                               \
	ROW_GONE(#S "_" #M "_get", S##_##M##_gone, "(p, /)", #S) \
	ROW_GONE(#S "_" #M "_set", S##_##M##_gone, "(p, v, /)", #S)
#include "interface/sysvipc.def"
	{NULL, NULL, 0, NULL},
};
