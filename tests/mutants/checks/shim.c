/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* The call tables, in which a mutant replaces functions. */
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "abi/layers.h"
#include "mutants.h"
#include "harness/isolate.h"

/* The call tables of conformance/harness/calls.c have these names in this program. */
extern const struct ipc_calls real_libc_calls, real_raw_calls;
const struct ipc_calls *real_multiplexed_calls(void);

static const struct mutant no_mutant;
/* choose_mutant() sets it once, before the run begins. */
static const struct mutant *chosen = &no_mutant;

#define EXPAND(...) (&t, __VA_ARGS__)
#define STAND_BEFORE(VIA, REAL, RAW, R, F, P, A)                     \
	static R VIA##_##F P                                         \
	{                                                            \
		const struct through t = {REAL, chosen, RAW};        \
		return chosen->F ? chosen->F EXPAND A : t.real->F A; \
	}
#define FUNCTION(R, F, P, A)                                    \
	STAND_BEFORE(libc, &real_libc_calls, false, R, F, P, A) \
	STAND_BEFORE(raw, &real_raw_calls, true, R, F, P, A)    \
	STAND_BEFORE(ipc, real_multiplexed_calls(), true, R, F, P, A)
#include "interface/sysvipc.def"

const struct ipc_calls libc_calls = {
#define FUNCTION(R, F, P, A) .F = libc_##F,
#include "interface/sysvipc.def"
};
const struct ipc_calls raw_calls = {
#define FUNCTION(R, F, P, A) .F = raw_##F,
#include "interface/sysvipc.def"
};

const struct ipc_calls *multiplexed_calls(void)
{
	static const struct ipc_calls calls = {
#define FUNCTION(R, F, P, A) .F = ipc_##F,
#include "interface/sysvipc.def"
	};

	return real_multiplexed_calls() ? &calls : NULL;
}

/* ---- functions that the linker calls instead (ld --wrap) ----------------------------- */

key_t __real_ftok(const char *path, int project);
key_t __wrap_ftok(const char *path, int project);
key_t __wrap_ftok(const char *path, int project)
{
	return (chosen->ftok ? chosen->ftok : __real_ftok)(path, project);
}

int __wrap_unshare(int flags);
int __wrap_unshare(int flags)
{
	return (chosen->unshare ? chosen->unshare : __real_unshare)(flags);
}

int __wrap_setns(int fd, int type);
int __wrap_setns(int fd, int type)
{
	return (chosen->setns ? chosen->setns : __real_setns)(fd, type);
}

int __wrap_clone(int (*body)(void *), void *stack, int flags, void *arg, ...);
int __wrap_clone(int (*body)(void *), void *stack, int flags, void *arg, ...)
{
	return chosen->clone ? chosen->clone(body, stack, flags, arg)
			     : __real_clone(body, stack, flags, arg);
}

static bool lists(const char *path)
{
	return chosen->listing && strncmp(path, "/proc/sysvipc/", 14) == 0;
}

int __wrap_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...)
{
	va_list more;
	mode_t mode;

	va_start(more, flags);
	mode = flags & O_CREAT ? va_arg(more, mode_t) : 0;
	va_end(more);
	if (lists(path))
		return listing(path, chosen->listing);
	return chosen->open ? chosen->open(path, flags, mode) : __real_open(path, flags, mode);
}

FILE *__wrap_fopen(const char *path, const char *mode);
FILE *__wrap_fopen(const char *path, const char *mode)
{
	return lists(path) ? fdopen(listing(path, chosen->listing), mode)
			   : __real_fopen(path, mode);
}

off_t __wrap_lseek(int fd, off_t offset, int whence);
off_t __wrap_lseek(int fd, off_t offset, int whence)
{
	return (chosen->lseek ? chosen->lseek : __real_lseek)(fd, offset, whence);
}

ssize_t __wrap_read(int fd, void *buf, size_t size);
ssize_t __wrap_read(int fd, void *buf, size_t size)
{
	return (chosen->read ? chosen->read : __real_read)(fd, buf, size);
}

ssize_t __wrap_write(int fd, const void *buf, size_t size);
ssize_t __wrap_write(int fd, const void *buf, size_t size)
{
	return (chosen->write ? chosen->write : __real_write)(fd, buf, size);
}

int __wrap_munmap(void *address, size_t length);
int __wrap_munmap(void *address, size_t length)
{
	return (chosen->munmap ? chosen->munmap : __real_munmap)(address, length);
}

int __wrap_mprotect(void *address, size_t length, int protection);
int __wrap_mprotect(void *address, size_t length, int protection)
{
	return (chosen->mprotect ? chosen->mprotect : __real_mprotect)(address, length, protection);
}

void *__wrap_mremap(void *address, size_t old, size_t new, int flags, ...);
void *__wrap_mremap(void *address, size_t old, size_t new, int flags, ...)
{
	va_list more;
	void *place;

	va_start(more, flags);
	place = flags & MREMAP_FIXED ? va_arg(more, void *) : NULL;
	va_end(more);
	return chosen->mremap ? chosen->mremap(address, old, new, flags, place)
			      : __real_mremap(address, old, new, flags, place);
}

int __wrap_madvise(void *address, size_t length, int advice);
int __wrap_madvise(void *address, size_t length, int advice)
{
	return (chosen->madvise ? chosen->madvise : __real_madvise)(address, length, advice);
}

int __wrap_msync(void *address, size_t length, int flags);
int __wrap_msync(void *address, size_t length, int flags)
{
	return (chosen->msync ? chosen->msync : __real_msync)(address, length, flags);
}

long __wrap_ptrace(int request, pid_t pid, ...);
long __wrap_ptrace(int request, pid_t pid, ...)
{
	va_list more;

	va_start(more, pid);
	void *address = va_arg(more, void *), *data = va_arg(more, void *);
	va_end(more);
	return chosen->ptrace ? chosen->ptrace(request, pid, address, data)
			      : __real_ptrace(request, pid, address, data);
}

/* No mutant affects the namespace in which a check runs. */
bool __real_isolate(void);
bool __wrap_isolate(void);
bool __wrap_isolate(void)
{
	const struct mutant *mutant = chosen;

	chosen = &no_mutant;
	bool isolated = __real_isolate();
	chosen = mutant;
	return isolated;
}

/* Needs are probed without the mutant; otherwise its checks would be skipped. */
void __real_probe_needs(struct unmet *unmet);
void __wrap_probe_needs(struct unmet *unmet);
void __wrap_probe_needs(struct unmet *unmet)
{
	const struct mutant *mutant = chosen;

	chosen = &no_mutant;
	__real_probe_needs(unmet);
	chosen = mutant;
}

/* Returns a copy of the layer with a wrong value of the mutant's fact. */
static const struct layer *mistaken(const struct layer *layer)
{
	static struct layer wrong;
	const char *fact = chosen->fact ? strstr(layer->dump, chosen->fact) : NULL;
	char *dump;

	if (!fact || strcmp(layer->name, chosen->layer) != 0)
		return layer;
	wrong = *layer;
	if (asprintf(&dump, "%.*s%s%s", (int)(fact - layer->dump), layer->dump, chosen->wrong,
		     fact + strlen(chosen->fact)) == -1)
		abort();
	wrong.dump = dump;
	return &wrong;
}

const struct layer *__real_libc_layer(void);
const struct layer *__wrap_libc_layer(void);
const struct layer *__wrap_libc_layer(void)
{
	return mistaken(__real_libc_layer());
}

const struct layer *__real_kernel_layer(void);
const struct layer *__wrap_kernel_layer(void);
const struct layer *__wrap_kernel_layer(void)
{
	return mistaken(__real_kernel_layer());
}

/* ---- which mutant ---------------------------------------------------------------- */

extern const struct mutant *const __start_ipc_mutants[];
extern const struct mutant *const __stop_ipc_mutants[];

bool choose_mutant(const char *name)
{
	for (const struct mutant *const *mutant = __start_ipc_mutants; mutant < __stop_ipc_mutants;
	     mutant++)
		if (strcmp((*mutant)->name, name) == 0) {
			chosen = *mutant;
			return true;
		}
	return false;
}

void list_mutants(FILE *out)
{
	for (const struct mutant *const *mutant = __start_ipc_mutants; mutant < __stop_ipc_mutants;
	     mutant++)
		fprintf(out, "%s\t%s\n", (*mutant)->name, (*mutant)->what);
}
