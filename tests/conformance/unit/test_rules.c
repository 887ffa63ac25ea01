/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "abi/rules.h"

/* A structure of a 64-bit kernel; * stands for the byte order. */
static const char *const kernel[] = {
	"const   IPC_64                 256",
	"const   IPC_STAT               2",
	"const   __BYTE_ORDER__         *",
	"const   __SIZEOF_LONG__        8",
	"member  semid_ds.__unused3     offset 24 size 8 pad",
	"member  semid_ds.sem_ctime     offset 8 size 8 signed",
	"member  semid_ds.sem_nsems     offset 16 size 8 unsigned",
	"member  semid_ds.sem_otime     offset 0 size 8 signed",
	"struct  semid_ds               size 32 align 8",
};

/* The same structure of a correct libc. */
static const char *const libc[] = {
	"const   IPC_STAT               2",
	"const   __BYTE_ORDER__         *",
	"const   __SIZEOF_LONG__        8",
	"member  semid_ds.__unused3     offset 24 size 8 pad",
	"member  semid_ds.sem_ctime     offset 8 size 8 signed",
	"member  semid_ds.sem_nsems     offset 16 size 2 unsigned",
	"member  semid_ds.sem_otime     offset 0 size 8 signed",
	"struct  semid_ds               size 32 align 8",
	"type    time_t                 size 8 signed",
};

/* Makes a dump of the lines; the last argument replaces the line with the same 28 bytes. */
static struct facts dump(const char *const *lines, size_t n, const char *order, const char *other)
{
	struct facts facts;
	char text[2048] = "", error[256] = "";
	size_t used = 0;

	for (size_t i = 0; i < n; i++) {
		const char *line = other && strncmp(lines[i], other, 28) == 0 ? other : lines[i];
		const char *star = strchr(line, '*');

		used += (size_t)snprintf(text + used, sizeof(text) - used, "%.*s%s\n",
					 star ? (int)(star - line) : 80, line, star ? order : "");
	}
	snprintf(text + used, sizeof(text) - used, "# %zu facts\n", n);
	ck_assert_msg(facts_parse(&facts, text, "dump", error), "%s", error);
	return facts;
}

/* The verdict on the libc named libc with one line replaced; the caller frees it. */
static char *judged(const char *order, const char *other)
{
	struct facts of_libc = dump(libc, sizeof(libc) / sizeof(libc[0]), order, other);
	struct facts of_kernel = dump(kernel, sizeof(kernel) / sizeof(kernel[0]), order, NULL);
	char *text, error[256];
	size_t size;
	FILE *out = open_memstream(&text, &size);

	ck_assert_int_ge(rules_judge(out, "libc", &of_libc, &of_kernel, error), 0);
	fclose(out);
	facts_free(&of_libc);
	facts_free(&of_kernel);
	return text;
}

START_TEST(a_correct_structure_has_no_fault)
{
	char *text = judged("1234", NULL);

	assert_has_not(text, "wrong: semid_ds");
	free(text);
	text = judged("4321", "member  semid_ds.sem_nsems     offset 22 size 2 unsigned");
	assert_has_not(text, "wrong: semid_ds");
	free(text);
}
END_TEST

START_TEST(each_fault_is_named)
{
	static const struct {
		const char *order, *line, *words;
	} cases[] = {
		{"4321", "member  semid_ds.sem_nsems     offset 16 size 2 unsigned",
		 "wrong: semid_ds.sem_nsems: place: has bytes 16-17, the kernel 16-23: in part, or "
		 "the wrong half\n"},
		{"1234", "member  semid_ds.sem_nsems     offset 22 size 2 unsigned",
		 "wrong: semid_ds.sem_nsems: place: "},
		{"1234", "member  semid_ds.sem_nsems     offset 16 size 1 unsigned",
		 "wrong: semid_ds.sem_nsems: width: has 1 of the kernel's 8 bytes\n"},
		{"1234", "member  semid_ds.sem_nsems     offset 16 size 8 unsigned",
		 "wrong: semid_ds.sem_nsems: posix: "},
		{"1234", "member  semid_ds.sem_nsems     absent",
		 "wrong: semid_ds.sem_nsems: there: "},
		{"1234", "member  semid_ds.sem_otime     offset 0 size 4 signed",
		 "wrong: semid_ds.sem_otime: width: has 4 of the kernel's 8 bytes\n"},
		{"1234", "member  semid_ds.sem_otime     offset 0 size 16 signed",
		 "wrong: semid_ds.sem_otime: width: has 16 bytes, the kernel's 8, and reaches into "
		 "sem_ctime\n"},
		{"1234", "member  semid_ds.sem_otime     offset 0 size 8 unsigned",
		 "wrong: semid_ds.sem_otime: sign: "},
		{"1234", "member  semid_ds.__unused3     offset 8 size 8 pad",
		 "wrong: semid_ds.__unused3: padding: padding is on bytes of the kernel's "
		 "sem_ctime\n"},
		{"1234", "member  semid_ds.__unused3     offset 24 size 8 gone",
		 "wrong: semid_ds.__unused3: old: "},
		{"1234", "struct  semid_ds               size 24 align 8",
		 "wrong: semid_ds: size: has 24 bytes, the kernel's 32\n"},
		{"1234", "struct  semid_ds               size 40 align 8",
		 "wrong: semid_ds: size: "},
		{"1234", "struct  semid_ds               size 32 align 1",
		 "wrong: semid_ds: align: "},
		/* Fuzzing found these numbers: one overflowed, one was truncated to 32. */
		{"1234",
		 "member  semid_ds.sem_nsems     offset 9223372036854775807 size 8 unsigned",
		 "wrong: semid_ds.sem_nsems: there: "},
		{"1234", "struct  semid_ds               size 4294967328 align 8",
		 "wrong: semid_ds: size: has 4294967328 bytes, the kernel's 32\n"},
		{"1234", "struct  semid_ds               size 9223372036854775807 align 8",
		 "wrong: semid_ds: there: "},
		{"1234", "const   IPC_STAT               3",
		 "wrong: IPC_STAT: value: is 3, the kernel's 2\n"},
		{"1234", "const   IPC_STAT               258", "wrong: IPC_STAT: value: "},
		{"1234", "const   IPC_STAT               absent", "wrong: IPC_STAT: there: "},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *text = judged(cases[i].order, cases[i].line);

		assert_has(text, cases[i].words);
		free(text);
	}
}
END_TEST

#define NO_LONG "const   __SIZEOF_LONG__        4611686018427387904"

START_TEST(two_dumps_of_one_side_or_of_two_targets_are_refused)
{
	struct facts of_libc = dump(libc, sizeof(libc) / sizeof(libc[0]), "1234", NULL);
	struct facts of_kernel = dump(kernel, sizeof(kernel) / sizeof(kernel[0]), "4321", NULL);
	char error[256];

	ck_assert_int_eq(rules_judge(stdout, "libc", &of_libc, &of_kernel, error), -1);
	assert_has(error, "different targets");
	ck_assert_int_eq(rules_judge(stdout, "libc", &of_kernel, &of_kernel, error), -1);
	assert_has(error, "no libc");
	ck_assert_int_eq(rules_judge(stdout, "libc", &of_libc, &of_libc, error), -1);
	assert_has(error, "kernel's headers");
	facts_free(&of_libc);
	facts_free(&of_kernel);
	of_libc = dump(libc, sizeof(libc) / sizeof(libc[0]), "1234", NO_LONG);
	of_kernel = dump(kernel, sizeof(kernel) / sizeof(kernel[0]), "1234", NO_LONG);
	ck_assert_int_eq(rules_judge(stdout, "libc", &of_libc, &of_kernel, error), -1);
	assert_has(error, "neither 4 nor 8 bytes");
	facts_free(&of_libc);
	facts_free(&of_kernel);
}
END_TEST

UNIT_SUITE(rules, a_correct_structure_has_no_fault, each_fault_is_named,
	   two_dumps_of_one_side_or_of_two_targets_are_refused);
