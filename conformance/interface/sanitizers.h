/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/*
 * The interface to the sanitizers: AddressSanitizer, MemorySanitizer, ThreadSanitizer, and,
 * if CHECKED_VALGRIND is defined, Valgrind's memcheck and helgrind.  interceptors.h calls it.
 *
 * For a bad byte it prints one line with the call, argument and size.  Then the sanitizer
 * prints its own report with a stack trace, and ends the program if its options say so.
 */
#ifndef SANITIZERS_H
#define SANITIZERS_H

#include <stddef.h>
#include <stdio.h>

/* gcc defines __SANITIZE_*, clang has __has_feature. */
#ifndef __has_feature
#define __has_feature(X) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || __has_feature(address_sanitizer)
#define CHECKED_ASAN 1
#include <sanitizer/asan_interface.h>
#endif
#if __has_feature(memory_sanitizer)
#define CHECKED_MSAN 1
#include <sanitizer/msan_interface.h>
#endif
#if defined(__SANITIZE_THREAD__) || __has_feature(thread_sanitizer)
#define CHECKED_TSAN 1
/* Declared here, because the runtime's public header lacks the range functions. */
void __tsan_acquire(void *address);
void __tsan_release(void *address);
void __tsan_read_range(void *address, unsigned long size);
void __tsan_write_range(void *address, unsigned long size);
#endif
#ifdef CHECKED_VALGRIND
#include <valgrind/helgrind.h>
#include <valgrind/memcheck.h>
#endif

/* A buffer that a call passes to the kernel, and the name of its parameter. */
struct checked_bytes {
	const char *call, *argument;
	const void *at;
	size_t n;
};

#define CHECKED_PART static inline __attribute__((unused))
#define CHECKED_REPORT static __attribute__((unused, noinline))

CHECKED_REPORT void checked_say(const struct checked_bytes *b, const char *what, const void *bad)
{
	fprintf(stderr, "ipc: %s: %s: %zu bytes at %p are passed, byte %zu %s\n", b->call,
		b->argument, b->n, b->at, (size_t)((const char *)bad - (const char *)b->at), what);
}

/* Reports the first byte that the program does not own; the kernel may access all n bytes. */
CHECKED_REPORT void checked_belongs(const struct checked_bytes *b, int write)
{
	static const char what[] = "is not the program's";
#ifdef CHECKED_ASAN
	char *poisoned = __asan_region_is_poisoned((void *)b->at, b->n);
	if (poisoned) {
		checked_say(b, what, poisoned);
		__asan_report_error(__builtin_return_address(0), __builtin_frame_address(0),
				    __builtin_frame_address(0), poisoned, write, 1);
	}
#endif
#ifdef CHECKED_VALGRIND
	/* 0, or the first bad address; Valgrind reports it by itself. */
	const size_t bad = (size_t)VALGRIND_CHECK_MEM_IS_ADDRESSABLE(b->at, b->n);
	if (bad)
		checked_say(b, what, (const void *)bad);
#endif
	(void)what, (void)b, (void)write;
}

/* Reports an uninitialized byte: another process would receive it. */
CHECKED_REPORT void checked_has_values(const struct checked_bytes *b)
{
	static const char what[] = "is not initialized";
#ifdef CHECKED_MSAN
	const long bad = __msan_test_shadow(b->at, b->n);
	if (bad >= 0) {
		checked_say(b, what, (const char *)b->at + bad);
		__msan_check_mem_is_initialized(b->at, b->n);
	}
#endif
#ifdef CHECKED_VALGRIND
	const size_t bad = (size_t)VALGRIND_CHECK_MEM_IS_DEFINED(b->at, b->n);
	if (bad)
		checked_say(b, what, (const void *)bad);
#endif
	(void)what, (void)b;
}

/* Records that the kernel reads these bytes on behalf of this thread. */
CHECKED_PART void checked_read(const struct checked_bytes *b)
{
#ifdef CHECKED_TSAN
	__tsan_read_range((void *)b->at, b->n);
#endif
	(void)b;
}

/* Records that the kernel has written these bytes. */
CHECKED_PART void checked_written(const void *at, size_t n)
{
#ifdef CHECKED_MSAN
	__msan_unpoison(at, n);
#endif
#ifdef CHECKED_TSAN
	__tsan_write_range((void *)at, n);
#endif
#ifdef CHECKED_VALGRIND
	(void)VALGRIND_MAKE_MEM_DEFINED(at, n);
#endif
	(void)at, (void)n;
}

/* Records that the kernel has mapped these pages: initialized, written by no thread. */
CHECKED_PART void checked_mapped(const void *at, size_t n)
{
#ifdef CHECKED_MSAN
	__msan_unpoison(at, n);
#endif
	(void)at, (void)n;
}

/* ---- order of accesses ----------------------------------------------------- */

/* 1 if this tool tracks the order of accesses by threads. */
#if defined(CHECKED_TSAN) || defined(CHECKED_VALGRIND)
#define CHECKED_ORDERS 1
#else
#define CHECKED_ORDERS 0
#endif

/* The objects that threads synchronize on; one address of the program stands for each. */
enum checked_kind { CHECKED_MESSAGE, CHECKED_SEMAPHORE, CHECKED_OBJECT, CHECKED_MAPPINGS };
long checked_tokens[4096] __attribute__((weak));

CHECKED_PART void *checked_token(enum checked_kind kind, long id, long detail)
{
	const unsigned long mixed =
		((unsigned long)id * 31 + (unsigned long)detail) * 4 + (unsigned long)kind;

	return &checked_tokens[mixed * 2654435761UL %
			       (sizeof(checked_tokens) / sizeof(*checked_tokens))];
}

/* Everything that this thread did so far happens before a later acquire of the token. */
CHECKED_PART void checked_release(enum checked_kind kind, long id, long detail)
{
#ifdef CHECKED_TSAN
	__tsan_release(checked_token(kind, id, detail));
#endif
#ifdef CHECKED_VALGRIND
	ANNOTATE_HAPPENS_BEFORE(checked_token(kind, id, detail));
#endif
	(void)kind, (void)id, (void)detail;
}

CHECKED_PART void checked_acquire(enum checked_kind kind, long id, long detail)
{
#ifdef CHECKED_TSAN
	__tsan_acquire(checked_token(kind, id, detail));
#endif
#ifdef CHECKED_VALGRIND
	ANNOTATE_HAPPENS_AFTER(checked_token(kind, id, detail));
#endif
	(void)kind, (void)id, (void)detail;
}

#endif
