/*
 * _Exporter: a base for classes in Python whose objects export memory, which
 * Python itself has only from 3.12 on (PEP 688).
 */
#include "module.h"

/* The memory is that of the object's attribute _memory, whose view it is. */
static int exporter_export(PyObject *object, Py_buffer *view, int flags)
{
	PyObject *memory = PyObject_GetAttrString(object, "_memory");
	int result;

	view->obj = NULL;
	result = memory ? PyObject_GetBuffer(memory, view, flags) : -1;
	Py_XDECREF(memory);
	return result;
}

static PyType_Slot exporter_slots[] = {
	{Py_tp_doc, "Exports the memory of its attribute _memory."},
	{Py_bf_getbuffer, exporter_export},
	{0, NULL},
};

static PyType_Spec exporter_spec = {
	.name = "ipc._ipc._Exporter",
	.basicsize = sizeof(PyObject),
	.flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_IMMUTABLETYPE,
	.slots = exporter_slots,
};

int exporter_add(PyObject *module)
{
	PyObject *type = PyType_FromModuleAndSpec(module, &exporter_spec, NULL);
	int result = type ? PyModule_AddType(module, (PyTypeObject *)type) : -1;

	Py_XDECREF(type);
	return result;
}
