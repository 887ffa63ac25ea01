/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/*
 * CPython's own program with the runtime of ThreadSanitizer, which cannot be loaded
 * before an interpreter that was built without it.
 *
 * The interpreter's code is not built for the tool.  The tool sees what the extension
 * reads and writes, what the checked calls say of the kernel, malloc and free, and what pthreads
 * order, of which the interpreter's lock is made.  It sees nothing of what the
 * interpreter itself reads and writes: two threads that count an object's references
 * without the lock go unseen, and so does order that comes from its atomics alone.
 */
#include <Python.h>

int main(int argc, char **argv)
{
	return Py_BytesMain(argc, argv);
}
