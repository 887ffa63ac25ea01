/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/*
 * The interface to the sanitizers: AddressSanitizer, MemorySanitizer, ThreadSanitizer, and,
 * if SEAM_VALGRIND is defined, Valgrind's memcheck and helgrind.  seam_check.h calls it.
 *
 * For a bad byte it prints one line with the call, argument and size.  Then the sanitizer
 * prints its own report with a stack trace, and ends the program if it is set to.
 */
#ifndef SEAM_TOOLS_H
#define SEAM_TOOLS_H

#include <stddef.h>
#include <stdio.h>

/* gcc defines __SANITIZE_*, clang has __has_feature. */
#ifndef __has_feature
#define __has_feature(X) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || __has_feature(address_sanitizer)
#define SEAM_ASAN 1
#include <sanitizer/asan_interface.h>
#endif
#if __has_feature(memory_sanitizer)
#define SEAM_MSAN 1
#include <sanitizer/msan_interface.h>
#endif
#if defined(__SANITIZE_THREAD__) || __has_feature(thread_sanitizer)
#define SEAM_TSAN 1
/* From the runtime: its public header does not declare the range functions. */
void __tsan_acquire(void *address);
void __tsan_release(void *address);
void __tsan_read_range(void *address, unsigned long size);
void __tsan_write_range(void *address, unsigned long size);
#endif
#ifdef SEAM_VALGRIND
#include <valgrind/helgrind.h>
#include <valgrind/memcheck.h>
#endif

/* A buffer that a call passes to the kernel, and the name of its parameter. */
struct seam_bytes {
	const char *call, *argument;
	const void *at;
	size_t n;
};

#define SEAM_PART static inline __attribute__((unused))
#define SEAM_REPORT static __attribute__((unused, noinline))

SEAM_REPORT void seam_say(const struct seam_bytes *b, const char *what, const void *bad)
{
	fprintf(stderr, "seam: %s: %s: %zu bytes at %p are passed, byte %zu %s\n", b->call,
		b->argument, b->n, b->at, (size_t)((const char *)bad - (const char *)b->at), what);
}

/* Reports a byte that the program does not own; the kernel may read and write them all. */
SEAM_REPORT void seam_belongs(const struct seam_bytes *b, int write)
{
	static const char what[] = "is not the program's";
#ifdef SEAM_ASAN
	char *poisoned = __asan_region_is_poisoned((void *)b->at, b->n);
	if (poisoned) {
		seam_say(b, what, poisoned);
		__asan_report_error(__builtin_return_address(0), __builtin_frame_address(0),
				    __builtin_frame_address(0), poisoned, write, 1);
	}
#endif
#ifdef SEAM_VALGRIND
	/* 0, or the first bad address; Valgrind reports it by itself. */
	const size_t bad = (size_t)VALGRIND_CHECK_MEM_IS_ADDRESSABLE(b->at, b->n);
	if (bad)
		seam_say(b, what, (const void *)bad);
#endif
	(void)what, (void)b, (void)write;
}

/* Reports an uninitialized byte: another process would receive it. */
SEAM_REPORT void seam_has_values(const struct seam_bytes *b)
{
	static const char what[] = "is not initialized";
#ifdef SEAM_MSAN
	const long bad = __msan_test_shadow(b->at, b->n);
	if (bad >= 0) {
		seam_say(b, what, (const char *)b->at + bad);
		__msan_check_mem_is_initialized(b->at, b->n);
	}
#endif
#ifdef SEAM_VALGRIND
	const size_t bad = (size_t)VALGRIND_CHECK_MEM_IS_DEFINED(b->at, b->n);
	if (bad)
		seam_say(b, what, (const void *)bad);
#endif
	(void)what, (void)b;
}

/* Records that the kernel reads these bytes on behalf of this thread. */
SEAM_PART void seam_read(const struct seam_bytes *b)
{
#ifdef SEAM_TSAN
	__tsan_read_range((void *)b->at, b->n);
#endif
	(void)b;
}

/* Records that the kernel has written these bytes. */
SEAM_PART void seam_written(const void *at, size_t n)
{
#ifdef SEAM_MSAN
	__msan_unpoison(at, n);
#endif
#ifdef SEAM_TSAN
	__tsan_write_range((void *)at, n);
#endif
#ifdef SEAM_VALGRIND
	(void)VALGRIND_MAKE_MEM_DEFINED(at, n);
#endif
	(void)at, (void)n;
}

/* Records that the kernel has mapped these pages: initialized, written by no thread. */
SEAM_PART void seam_mapped(const void *at, size_t n)
{
#ifdef SEAM_MSAN
	__msan_unpoison(at, n);
#endif
	(void)at, (void)n;
}

/* ---- order of accesses ----------------------------------------------------- */

/* 1 if this tool tracks the order of accesses by threads. */
#if defined(SEAM_TSAN) || defined(SEAM_VALGRIND)
#define SEAM_ORDERS 1
#else
#define SEAM_ORDERS 0
#endif

/* The objects that threads synchronize on; one address of the program stands for each. */
enum seam_kind { SEAM_MESSAGE, SEAM_SEMAPHORE, SEAM_OBJECT, SEAM_MAPPINGS };
long seam_tokens[4096] __attribute__((weak));

SEAM_PART void *seam_token(enum seam_kind kind, long id, long detail)
{
	const unsigned long mixed =
		((unsigned long)id * 31 + (unsigned long)detail) * 4 + (unsigned long)kind;

	return &seam_tokens[mixed * 2654435761UL % (sizeof(seam_tokens) / sizeof(*seam_tokens))];
}

/* Everything that this thread did so far happens before a later acquire of the token. */
SEAM_PART void seam_release(enum seam_kind kind, long id, long detail)
{
#ifdef SEAM_TSAN
	__tsan_release(seam_token(kind, id, detail));
#endif
#ifdef SEAM_VALGRIND
	ANNOTATE_HAPPENS_BEFORE(seam_token(kind, id, detail));
#endif
	(void)kind, (void)id, (void)detail;
}

SEAM_PART void seam_acquire(enum seam_kind kind, long id, long detail)
{
#ifdef SEAM_TSAN
	__tsan_acquire(seam_token(kind, id, detail));
#endif
#ifdef SEAM_VALGRIND
	ANNOTATE_HAPPENS_AFTER(seam_token(kind, id, detail));
#endif
	(void)kind, (void)id, (void)detail;
}

#endif
