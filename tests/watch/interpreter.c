/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/*
 * The program of CPython with the runtime of ThreadSanitizer.  LD_PRELOAD cannot load this
 * runtime into an interpreter that was built without it.
 *
 * The code of the interpreter is not built with ThreadSanitizer.  The tool sees the memory
 * accesses of the extension, the accesses of the kernel that the checked calls report, malloc
 * and free, and the functions of pthreads, with which the GIL is made.  It does not see the
 * accesses of the interpreter: it misses a race of two threads that count references to an
 * object without the GIL, and any order that comes only from atomics of the interpreter.
 */
#include <Python.h>

int main(int argc, char **argv)
{
	return Py_BytesMain(argc, argv);
}
