/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/*
 * The types of the C structures, made from the table, with a getter and a setter
 * for each C member.  An object has the bytes of the C structure; getters and
 * setters use the compiler's offsets.
 */
#include "module.h"

#include <structmember.h>

/* ---- getting and setting one member ------------------------------------------ */

static PyObject *member_get(PyObject *object, void *closure)
{
	struct structure *self = (struct structure *)object;
	const struct member *member = closure;

	if (member->kind == MEMBER_STRUCT) {
		struct state *state = state_of_object(object);
		struct structure *part = structure_alloc(state->type[member->type]);
		if (part) {
			part->around = Py_NewRef(object);
			part->bytes = self->bytes + member->offset;
		}
		return (PyObject *)part;
	}
	MUTEX_LOCK(self);
	PyObject *value = from_integer(self->bytes + member->offset, member->size,
				       member->kind == MEMBER_SIGNED);
	MUTEX_UNLOCK(self);
	return value;
}

static int member_set(PyObject *object, PyObject *value, void *closure)
{
	struct structure *self = (struct structure *)object;
	const struct member *member = closure;

	if (!value) {
		PyErr_SetString(PyExc_TypeError, "a member of a C structure cannot be deleted");
		return -1;
	}
	if (member->kind == MEMBER_STRUCT) {
		const void *bytes =
			structure_bytes(state_of_object(object), value, member->type, member->path);
		if (bytes)
			memmove(self->bytes + member->offset, bytes, member->size);
		return bytes ? 0 : -1;
	}
	/* Converting may run Python code that moves the bytes of a msgbuf, so convert first. */
	unsigned char integer[sizeof(long long)];
	if (to_integer(value, member->path, member->size, member->kind == MEMBER_SIGNED, integer) <
	    0)
		return -1;
	if (self->layout == &layouts[TYPE_msgbuf] && ((struct msgbuf_object *)self)->inbox)
		inbox_forget((struct msgbuf_object *)self);
	MUTEX_LOCK(self);
	memcpy(self->bytes + member->offset, integer, member->size);
	MUTEX_UNLOCK(self);
	return 0;
}

/* ---- the table ------------------------------------------------------------------ */

#define KIND(S, M) (__typeof__(((c_##S *)0)->M))-1 < 1 ? MEMBER_SIGNED : MEMBER_UNSIGNED
#define CLOSURE(S, NAME, M, K, AGAIN, T)                                                      \
	&(struct member)                                                                      \
	{                                                                                     \
		.path = #S "." NAME, K, AGAIN, T, offsetof(c_##S, M), sizeof(((c_##S *)0)->M) \
	}
#define INTEGER(S, NAME, M, AGAIN, D) \
	{NAME, member_get, member_set, D, CLOSURE(S, NAME, M, (KIND(S, M)), AGAIN, NTYPES)},

#define STRUCT(S, U, D)         \
	typedef struct S c_##S; \
	static PyGetSetDef members_##S[] = {
#define UNION(S, U, D)         \
	typedef union S c_##S; \
	static PyGetSetDef members_##S[] = {
#define MEMBER(S, M, D) INTEGER(S, #M, M, false, D)
#define MEMBER__(S, M, D) INTEGER(S, #M, __##M, false, D) INTEGER(S, "__" #M, __##M, true, D)
#define NESTED(S, M, T, D) \
	{#M, member_get, member_set, D, CLOSURE(S, #M, M, MEMBER_STRUCT, false, TYPE_##T)},
#define TEXT(S, M, D) {#M, text_get, text_set, D, CLOSURE(S, #M, M, MEMBER_OTHER, false, NTYPES)},
#define VALUE(S, M, D) {#M, semun_get, semun_set, D, CLOSURE(S, #M, M, KIND(S, M), false, NTYPES)},
#define POINTER(S, T, M, D) \
	{#M, semun_get, semun_set, D, CLOSURE(S, #M, M, MEMBER_OTHER, false, NTYPES)},
#define END(S)                               \
	{                                    \
		NULL, NULL, NULL, NULL, NULL \
	}                                    \
	}                                    \
	;
#include "interface/sysvipc.def"

const struct layout layouts[NTYPES] = {
#define STRUCT(S, U, D) {#S, D, sizeof(c_##S), members_##S},
#include "interface/sysvipc.def"
};

enum type_index type_index(const struct state *state, const PyTypeObject *type)
{
	unsigned index = 0;

	while (index < NTYPES && state->type[index] != type)
		index++;
	return index;
}

void *structure_bytes(struct state *state, PyObject *object, enum type_index index,
		      const char *what)
{
	if (Py_TYPE(object) == state->type[index])
		return ((struct structure *)object)->bytes;
	PyErr_Format(PyExc_TypeError, "%s: a %s is needed, not %R", what, layouts[index].name,
		     (PyObject *)Py_TYPE(object));
	return NULL;
}

/* ---- creating and freeing ------------------------------------------------------------ */

struct structure *structure_alloc(PyTypeObject *type)
{
	struct state *state = PyType_GetModuleState(type);
	allocfunc alloc = (allocfunc)PyType_GetSlot(type, Py_tp_alloc);
	struct structure *self = (struct structure *)alloc(type, 0);

	if (self) {
		self->layout = &layouts[type_index(state, type)];
		self->bytes = (unsigned char *)(self + 1);
	}
	return self;
}

void structure_dealloc(PyObject *object)
{
	struct structure *self = (struct structure *)object;
	PyTypeObject *type = Py_TYPE(object);
	freefunc release = (freefunc)PyType_GetSlot(type, Py_tp_free);

	if (self->weakrefs)
		PyObject_ClearWeakRefs(object);
	Py_XDECREF(self->around);
	release(object);
	Py_DECREF(type);
}

static int too_many(const struct layout *layout, Py_ssize_t members, Py_ssize_t given)
{
	PyErr_Format(PyExc_TypeError, "%s() has %zd members, %zd given", layout->name, members,
		     given);
	return -1;
}

int pack_integers(enum type_index index, PyObject *values, void *bytes)
{
	const struct layout *layout = &layouts[index];
	Py_ssize_t next = 0, n = PyTuple_Size(values);

	memset(bytes, 0, layout->size);
	for (PyGetSetDef *getset = layout->members; getset->name && next < n; getset++) {
		const struct member *member = member_of(getset);
		if (to_integer(PyTuple_GetItem(values, next++), member->path, member->size,
			       member->kind == MEMBER_SIGNED, (char *)bytes + member->offset) < 0)
			return -1;
	}
	return next == n ? 0 : too_many(layout, next, n);
}

static int fill_by_position(struct structure *self, PyObject *args)
{
	Py_ssize_t next = 0, n = args ? PyTuple_Size(args) : 0;

	for (PyGetSetDef *member = self->layout->members; member->name && next < n; member++)
		if (!member_of(member)->again &&
		    member->set((PyObject *)self, PyTuple_GetItem(args, next++), member->closure) <
			    0)
			return -1;
	if (next == n)
		return 0;
	return too_many(self->layout, next, n);
}

/* Sets the member of a keyword argument; given is the number of positional arguments. */
static int set_by_name(struct structure *self, PyObject *name, PyObject *value, Py_ssize_t given)
{
	Py_ssize_t place = 0;

	for (PyGetSetDef *member = self->layout->members; member->name; member++) {
		if (PyUnicode_CompareWithASCIIString(name, member->name) == 0) {
			if (place - member_of(member)->again >= given)
				return member->set((PyObject *)self, value, member->closure);
			PyErr_Format(PyExc_TypeError, "%s() got two values for %s",
				     self->layout->name, member->name);
			return -1;
		}
		place += !member_of(member)->again;
	}
	PyErr_Format(PyExc_TypeError, "%s has no member %R", self->layout->name, name);
	return -1;
}

int structure_fill(struct structure *self, PyObject *args, PyObject *kwargs)
{
	PyObject *name, *value;
	Py_ssize_t place = 0, given = args ? PyTuple_Size(args) : 0;

	if (fill_by_position(self, args) < 0)
		return -1;
	while (kwargs && PyDict_Next(kwargs, &place, &name, &value)) {
		/* The interpreter does not check the keys of **kwargs in a call of a type. */
		if (!PyUnicode_Check(name)) {
			PyErr_SetString(PyExc_TypeError, "keywords must be strings");
			return -1;
		}
		if (set_by_name(self, name, value, given) < 0)
			return -1;
	}
	return 0;
}

PyObject *structure_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
	struct structure *self = structure_alloc(type);

	if (self && structure_fill(self, args, kwargs) < 0) {
		Py_DECREF((PyObject *)self);
		return NULL;
	}
	return (PyObject *)self;
}

/* ---- repr, comparison, pickling, views ------------------------------------------------ */

/* Returns the values of the members in the order of the constructor's parameters. */
static PyObject *values_of(struct structure *self)
{
	PyObject *values = PyList_New(0);

	for (PyGetSetDef *member = self->layout->members; values && member->name; member++) {
		if (member_of(member)->again)
			continue;
		PyObject *value = member->get((PyObject *)self, member->closure);
		if (!value || PyList_Append(values, value) < 0)
			Py_CLEAR(values);
		Py_XDECREF(value);
	}
	return values;
}

PyObject *structure_repr(PyObject *object)
{
	struct structure *self = (struct structure *)object;
	PyObject *text = PyUnicode_FromFormat("ipc.%s(", self->layout->name);
	const char *before = "";

	for (PyGetSetDef *member = self->layout->members; text && member->name; member++) {
		if (member_of(member)->again)
			continue;
		PyObject *value = member->get(object, member->closure);
		PyObject *more =
			value ? PyUnicode_FromFormat("%U%s%s=%R", text, before, member->name, value)
			      : NULL;
		Py_XDECREF(value);
		set_ref(&text, more);
		before = ", ";
	}
	if (text)
		set_ref(&text, PyUnicode_FromFormat("%U)", text));
	return text;
}

PyObject *structure_reduce(PyObject *object, PyObject *Py_UNUSED(unused))
{
	PyObject *values = values_of((struct structure *)object), *tuple;

	if (!values)
		return NULL;
	tuple = PyList_AsTuple(values);
	Py_DECREF(values);
	return tuple ? Py_BuildValue("(ON)", Py_TYPE(object), tuple) : NULL;
}

/* Compares member by member, because padding may have any bytes. */
static bool equal_members(const struct layout *layout, const unsigned char *a,
			  const unsigned char *b)
{
	for (PyGetSetDef *getset = layout->members; getset->name; getset++) {
		const struct member *member = member_of(getset);
		const unsigned char *x = a + member->offset, *y = b + member->offset;

		if (member->kind == MEMBER_STRUCT ? !equal_members(&layouts[member->type], x, y)
						  : memcmp(x, y, member->size) != 0)
			return false;
	}
	return true;
}

static PyObject *structure_compare(PyObject *a, PyObject *b, int how)
{
	struct structure *x = (struct structure *)a, *y = (struct structure *)b;

	if (Py_TYPE(a) != Py_TYPE(b) || (how != Py_EQ && how != Py_NE))
		Py_RETURN_NOTIMPLEMENTED;
	return PyBool_FromLong(equal_members(x->layout, x->bytes, y->bytes) == (how == Py_EQ));
}

static int structure_export(PyObject *object, Py_buffer *view, int flags)
{
	struct structure *self = (struct structure *)object;

	return PyBuffer_FillInfo(view, object, self->bytes, (Py_ssize_t)self->layout->size, 0,
				 flags);
}

static PyMethodDef structure_methods_of_type[] = {
	{"__reduce__", structure_reduce, METH_NOARGS,
	 "__reduce__($self, /)\n--\n\nReturn the type and the values of the members."},
	{NULL, NULL, 0, NULL},
};

static PyMemberDef structure_weakrefs[] = {
	{"__weaklistoffset__", T_PYSSIZET, offsetof(struct structure, weakrefs), READONLY, NULL},
	{NULL, 0, 0, 0, NULL},
};

static PyType_Slot structure_slots[] = {
	{Py_tp_new, structure_new},
	{Py_tp_dealloc, structure_dealloc},
	{Py_tp_repr, structure_repr},
	{Py_tp_richcompare, structure_compare},
	{Py_tp_hash, PyObject_HashNotImplemented},
	{Py_tp_methods, structure_methods_of_type},
	{Py_tp_members, structure_weakrefs},
	{Py_bf_getbuffer, structure_export},
	{0, NULL},
};

/* ---- types ----------------------------------------------------------------------------- */

/* Returns the text of the constructor's default for a member. */
static const char *default_of(const PyGetSetDef *member)
{
	return member_of(member)->kind == MEMBER_STRUCT	 ? "..."
	       : member_of(member)->kind != MEMBER_OTHER ? "0"
	       : member->get == text_get		 ? "b''"
							 : "None";
}

/* Writes the signature and the docstring for help(): "msqid_ds(msg_perm=..., msg_qnum=0)". */
static void describe(const struct layout *layout, enum type_index index, char *doc, size_t size)
{
	int used = PyOS_snprintf(doc, size, "%s(", layout->name);

	for (PyGetSetDef *member = layout->members; member->name; member++)
		if (!member_of(member)->again)
			used += PyOS_snprintf(doc + used, size - (size_t)used, "%s=%s%s",
					      member->name, default_of(member),
					      member[1].name ? ", " : "");
	PyOS_snprintf(doc + used, size - (size_t)used, "%s)\n--\n\n%s",
		      index == TYPE_msgbuf ? ", capacity=None" : "", layout->doc);
}

PyTypeObject *structure_type(PyObject *module, enum type_index index)
{
	const struct layout *layout = &layouts[index];
	char name[32], doc[1024];
	PyType_Slot slots[16];
	PyType_Slot *slot = slots;
	PyType_Spec spec = {
		.name = name,
		.basicsize = (int)(index == TYPE_msgbuf	  ? sizeof(struct msgbuf_object)
				   : index == TYPE_sembuf ? sizeof(struct sembuf_object)
				   : index == TYPE_semun  ? sizeof(struct semun_object)
							 : sizeof(struct structure) + layout->size),
		.flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE |
			 (index == TYPE_semun ? Py_TPFLAGS_HAVE_GC : 0),
		.slots = slots,
	};

	PyOS_snprintf(name, sizeof(name), "ipc.%s", layout->name);
	describe(layout, index, doc, sizeof(doc));
	for (const PyType_Slot *of = index == TYPE_msgbuf  ? msgbuf_slots
				     : index == TYPE_semun ? semun_slots
							   : structure_slots;
	     of->slot; of++)
		*slot++ = *of;
	*slot++ = (PyType_Slot){Py_tp_doc, doc};
	*slot++ = (PyType_Slot){Py_tp_getset, layout->members};
	*slot = (PyType_Slot){0, NULL};
	return (PyTypeObject *)PyType_FromModuleAndSpec(module, &spec, NULL);
}

/* ---- sizeof, offsetof --------------------------------------------------------------------- */

/* Returns the index of a type, or of the type of an object. */
static enum type_index index_of(struct state *state, PyObject *object)
{
	enum type_index index = type_index(state, (PyTypeObject *)object);

	return index < NTYPES ? index : type_index(state, Py_TYPE(object));
}

static PyObject *ipc_sizeof(PyObject *module, PyObject *object)
{
	struct state *state = state_of(module);
	enum type_index index = index_of(state, object);

	if (index == NTYPES)
		return PyErr_Format(PyExc_TypeError, "sizeof: %R is no structure of this module",
				    object);
	if (index == TYPE_msgbuf && Py_TYPE(object) == state->type[TYPE_msgbuf])
		return PyLong_FromSsize_t((Py_ssize_t)offsetof(struct msgbuf, mtext) +
					  ((struct msgbuf_object *)object)->capacity);
	return PyLong_FromSize_t(layouts[index].size);
}

static PyObject *ipc_offsetof(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
	struct state *state = state_of(module);
	enum type_index index;

	if (nargs != 2 || !PyUnicode_Check(args[1])) {
		PyErr_SetString(PyExc_TypeError,
				"offsetof() takes a structure and a member's name");
		return NULL;
	}
	index = index_of(state, args[0]);
	if (index == NTYPES)
		return PyErr_Format(PyExc_TypeError, "offsetof: %R is no structure of this module",
				    args[0]);
	for (PyGetSetDef *member = layouts[index].members; member->name; member++)
		if (PyUnicode_CompareWithASCIIString(args[1], member->name) == 0)
			return PyLong_FromSize_t(member_of(member)->offset);
	return PyErr_Format(PyExc_AttributeError, "%s has no member %R", layouts[index].name,
			    args[1]);
}

PyMethodDef structure_methods[] = {
	{"sizeof", ipc_sizeof, METH_O,
	 "sizeof(structure, /)\n--\n\n"
	 "Return the size of a structure in bytes, as in C.\n\n"
	 "Args:\n"
	 "    structure: A type of a structure, or an object of one.  The size of a msgbuf object\n"
	 "        includes its capacity.\n\n"
	 "Raises:\n"
	 "    TypeError: The argument is not a structure of this module."},
	{"offsetof", (PyCFunction)(void (*)(void))ipc_offsetof, METH_FASTCALL,
	 "offsetof(structure, member, /)\n--\n\n"
	 "Return the offset of a member in bytes, as in C.\n\n"
	 "Args:\n"
	 "    structure: A type of a structure, or an object of one.\n"
	 "    member: The member's name, a str.\n\n"
	 "Raises:\n"
	 "    TypeError: The first argument is not a structure of this module.\n"
	 "    AttributeError: The structure has no such member."},
	{NULL, NULL, 0, NULL},
};
