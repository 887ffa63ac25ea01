/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/*
 * The members of a structure of the table that are numbers, with their names.
 */
#ifndef NUMBERS_H
#define NUMBERS_H

#include <string.h>

#include "harness/conform.h"

enum { MOST_NUMBERS = 32 };

struct numbers {
	unsigned n;
	struct {
		const char *name;
		long long value;
	} number[MOST_NUMBERS];
};

static inline void number_add(struct numbers *numbers, const char *name, long long value)
{
	if (numbers->n < MOST_NUMBERS) {
		numbers->number[numbers->n].name = name;
		numbers->number[numbers->n++].value = value;
	}
}

/* numbers_of_S(numbers, from) for each structure S: adds the members of *from. */
#define STRUCT(S, U, D)                                                                  \
	static inline void numbers_of_##S(struct numbers *numbers, const struct S *from) \
	{
#define UNION(S, U, D)                                                                  \
	static inline void numbers_of_##S(struct numbers *numbers, const union S *from) \
	{
#define MEMBER(S, M, D) number_add(numbers, #M, (long long)from->M);
#define MEMBER__(S, M, D) number_add(numbers, #M, (long long)from->__##M);
#define TYPED(S, M, T, D) number_add(numbers, #M, (long long)from->M);
#define TIME(S, M, D) number_add(numbers, #M, (long long)from->M);
#define NESTED(S, M, T, D) numbers_of_##T(numbers, &from->M);
#define END(S) }
#include "interface/sysvipc.def"

/* Expects that each number is the same. */
static inline void numbers_expect_same(const char *file, int line, const struct numbers *want,
				       const struct numbers *got)
{
	for (unsigned i = 0; i < want->n; i++)
		expect_eq_at(file, line, want->number[i].name, want->number[i].value,
			     got->number[i].value);
}

/* The column of /proc/sysvipc with a member, or NULL: "msg_qnum" has the column "qnum". */
static inline const char *column_of(const char *member)
{
	static const struct {
		const char *member, *column;
	} others[] = {
		{"mode", "perms"}, {"shm_segsz", "size"}, {"seq", NULL}, {"msg_qbytes", NULL}};

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (strcmp(member, others[i].member) == 0)
			return others[i].column;
	return strchr(member, '_') ? strchr(member, '_') + 1 : member;
}

/* Expects that the object's row in /proc/sysvipc/KIND has these numbers. */
static inline void numbers_expect_row(const char *file, int line, const struct numbers *want,
				      const char *kind, int id)
{
	for (unsigned i = 0; i < want->n; i++) {
		const char *column = column_of(want->number[i].name);
		if (!column)
			continue;
		long long seen = sysvipc(kind, id, column);
		/* From 2038 on, a 32-bit time_t has the low half of a time. */
		if (strstr(column, "time"))
			seen = (time_t)seen;
		expect_eq_at(file, line, column, want->number[i].value, seen);
	}
}

/* EXPECT_SAME compares two structures S, EXPECT_ROW a structure S and an object. */
#define EXPECT_SAME(S, WANT, GOT)                         \
	do {                                              \
		struct numbers want_ = {0}, got_ = {0};   \
		numbers_of_##S(&want_, WANT);             \
		numbers_of_##S(&got_, GOT);               \
		numbers_expect_same(HERE, &want_, &got_); \
	} while (0)
#define EXPECT_ROW(S, WANT, KIND, ID)                       \
	do {                                                \
		struct numbers want_ = {0};                 \
		numbers_of_##S(&want_, WANT);               \
		numbers_expect_row(HERE, &want_, KIND, ID); \
	} while (0)

#endif
