/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "abi/layout.h"

/* The kernel's layer: padding in the middle and at the end, an empty member, an open text. */
static const char kernel[] = "member  msgbuf.mtext           offset 8 size 1 array\n"
			     "member  msgbuf.mtype           offset 0 size 8 signed\n"
			     "member  sembuf.gone            absent\n"
			     "member  sembuf.none            offset 8 size 0 pad\n"
			     "member  sembuf.sem_flg         offset 8 size 2 signed\n"
			     "member  sembuf.sem_num         offset 0 size 2 unsigned\n"
			     "member  sembuf.sem_op          offset 4 size 4 signed\n"
			     "member  semun.array            offset 0 size 8 pointer\n"
			     "member  semun.buf              offset 0 size 8 pointer\n"
			     "member  semun.val              offset 0 size 4 signed\n"
			     "struct  msgbuf                 size 16 align 8\n"
			     "struct  sembuf                 size 12 align 4\n"
			     "struct  shminfo                absent\n"
			     "union   semun                  size 8\n"
			     "# 14 facts\n";

/* Another layer: sem_op is narrower and at 2, sem_flg is unchanged. */
static const char libc[] = "member  sembuf.sem_flg         offset 8 size 2 signed\n"
			   "member  sembuf.sem_num         offset 0 size 2 unsigned\n"
			   "member  sembuf.sem_op          offset 2 size 2 signed\n"
			   "struct  sembuf                 size 12 align 4\n"
			   "# 4 facts\n";

static struct facts parsed(const char *text)
{
	struct facts facts;
	char error[256] = "";

	ck_assert_msg(facts_parse(&facts, text, "dump", error), "%s", error);
	return facts;
}

static void assert_text(const char *dump, const char *structure, const char *expected)
{
	struct facts facts = parsed(dump);
	struct layout layout;
	char error[256] = "", *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	ck_assert_msg(layout_of(&layout, &facts, structure, error), "%s", error);
	layout_text(out, &layout, structure, "dump");
	fclose(out);
	ck_assert_str_eq(text, expected);
	free(text);
	layout_free(&layout);
	facts_free(&facts);
}

START_TEST(members_stand_by_offset_with_the_padding_between_them)
{
	assert_text(kernel, "sembuf",
		    "struct sembuf { /* dump */\n"
		    "\tunsigned  sem_num;                     /*     0     2 */\n"
		    "\t/* 2 bytes of padding */               /*     2     2 */\n"
		    "\tsigned    sem_op;                      /*     4     4 */\n"
		    "\tpad       none;                        /*     8     0 */\n"
		    "\tsigned    sem_flg;                     /*     8     2 */\n"
		    "\t/* 2 bytes of padding */               /*    10     2 */\n"
		    "}; /* size 12, align 4, padding 4 */\n");
}
END_TEST

START_TEST(members_of_a_union_share_bytes)
{
	struct facts facts = parsed(kernel);
	struct layout layout;
	char error[256];

	assert_text(kernel, "semun",
		    "union semun { /* dump */\n"
		    "\tsigned    val;                         /*     0     4 */\n"
		    "\tpointer   array;                       /*     0     8 */\n"
		    "\tpointer   buf;                         /*     0     8 */\n"
		    "}; /* size 8 */\n");
	ck_assert(layout_of(&layout, &facts, "semun", error));
	ck_assert_uint_eq(layout.nlanes, 3);
	layout_free(&layout);
	ck_assert(layout_of(&layout, &facts, "sembuf", error));
	ck_assert_uint_eq(layout.nlanes, 1);
	layout_free(&layout);
	facts_free(&facts);
}
END_TEST

START_TEST(an_absent_structure_is_reported)
{
	assert_text(kernel, "shminfo", "/* dump: has no shminfo */\n");
	assert_text(kernel, "shmid_ds", "/* dump: has no shmid_ds */\n");
}
END_TEST

START_TEST(a_partial_dump_may_lack_facts)
{
	assert_text("member  msgbuf.mtext           offset 8\n"
		    "member  msgbuf.mtype           bit 3 bits 7 unsigned\n"
		    "struct  msgbuf                 run\n"
		    "# 3 facts\n",
		    "msgbuf",
		    "struct msgbuf { /* dump */\n"
		    "\tunsigned  mtype;                       /*     0     2 */\n"
		    "\t/* 6 bytes of padding */               /*     2     6 */\n"
		    "\tarray     mtext[];                     /*     8     0 */\n"
		    "}; /* size 8, padding 6 */\n");
}
END_TEST

START_TEST(an_inconsistent_dump_is_refused)
{
	static const struct {
		const char *dump, *error;
	} cases[] = {
		{"struct  a size 0 align 1\n# 1 facts\n", "a: has no size"},
		{"struct  a size 65537\n# 1 facts\n", "a: has no size"},
		{"struct  a size -1\n# 1 facts\n", "a: has no size"},
		{"struct  a what\n# 1 facts\n", "a: has no size"},
		{"member  a.b size 4\nstruct  a size 4\n# 2 facts\n",
		 "a: has a member without a valid place"},
		{"member  a.b offset 65537 size 4\nstruct  a size 4\n# 2 facts\n",
		 "a: has a member without a valid place"},
		{"member  a.b offset 9223372036854775807 size 9223372036854775807\n"
		 "struct  a size 4\n# 2 facts\n",
		 "a: has a member without a valid place"},
		{"member  a.b bit 1 bits 9223372036854775807\nstruct  a size 4\n# 2 facts\n",
		 "a: has a member without a valid place"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct facts facts = parsed(cases[i].dump);
		struct layout layout;
		char error[256] = "";

		ck_assert_msg(!layout_of(&layout, &facts, "a", error), "%s", cases[i].dump);
		ck_assert_str_eq(error, cases[i].error);
		ck_assert_ptr_null(layout.piece);
		facts_free(&facts);
	}
}
END_TEST

START_TEST(a_moved_member_differs)
{
	struct facts facts[2] = {parsed(kernel), parsed(libc)};
	struct layout layout[2];
	char error[256];

	for (int i = 0; i < 2; i++)
		ck_assert(layout_of(&layout[i], &facts[i], "sembuf", error));
	for (size_t i = 0; i < layout[1].n; i++) {
		const struct piece *piece = &layout[1].piece[i];

		ck_assert_int_eq(piece_differs(piece, &layout[0]),
				 piece->name && strcmp(piece->name, "sem_op") == 0);
	}
	ck_assert(layout_same(&layout[0], &layout[0]));
	ck_assert(!layout_same(&layout[0], &layout[1]));
	for (int i = 0; i < 2; i++) {
		layout_free(&layout[i]);
		facts_free(&facts[i]);
	}
}
END_TEST

START_TEST(each_kind_of_difference_is_found)
{
	static const struct {
		const char *name, *what;
		size_t offset, size;
		bool differs;
	} cases[] = {
		{"sem_op", "signed", 4, 4, false}, {"sem_op", "signed", 2, 4, true},
		{"sem_op", "signed", 4, 2, true},  {"sem_op", "unsigned", 4, 4, true},
		{"sem_oq", "signed", 4, 4, true},  {"sem_op", "pad", 2, 2, false},
		{NULL, "hole", 2, 2, false},
	};
	struct facts facts = parsed(kernel);
	struct layout layout, none = {0};
	char error[256];

	ck_assert(layout_of(&layout, &facts, "sembuf", error));
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct piece piece = {
			.name = cases[i].name,
			.what = cases[i].what,
			.offset = cases[i].offset,
			.size = cases[i].size,
		};

		ck_assert_msg(piece_differs(&piece, &layout) == cases[i].differs, "case %zu", i);
		ck_assert(!piece_differs(&piece, &none));
	}
	layout_free(&layout);
	facts_free(&facts);
}
END_TEST

static const struct layer *find_uapi(const struct layer *all)
{
	while (strcmp(all->name, "uapi") != 0)
		all++;
	return all;
}

static char *drawn(const struct layer *all)
{
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	layout_html(out, all, find_uapi(all));
	fclose(out);
	return text;
}

static size_t count(const char *text, const char *part)
{
	size_t n = 0;

	while ((text = strstr(text, part))) {
		text++;
		n++;
	}
	return n;
}

START_TEST(a_drawing_has_a_row_for_each_layer_and_marks_what_moved)
{
	const struct layer drawing[] = {{"libc", libc, kernel}, {"uapi", kernel, kernel}, {0}};
	char *text = drawn(drawing);

	assert_has(text, "<div class=\"member moved\" style=\"grid-area: 3 / 4 / auto / span 2; ");
	assert_has(text, "title=\"sem_op: offset 2, size 2, signed; in the kernel: offset 4, "
			 "size 4, signed\">sem_op</div>");
	assert_has(text, "12 bytes, 1 member differs from the kernel's");
	/* The legend counts as one. */
	ck_assert_uint_eq(count(text, "member moved"), 2);
	/* A member that libc lacks is a difference too. */
	assert_has(text, ">libc, reviewed</div>");
	assert_has_not(text, ">uapi, reviewed</div>");
	assert_has(text, "does not have it</div>");
	free(text);
}
END_TEST

START_TEST(a_drawing_of_equal_layers_marks_nothing)
{
	const struct layer drawing[] = {{"libc", kernel, kernel}, {"uapi", kernel, NULL}, {0}};
	char *text = drawn(drawing);

	ck_assert_uint_eq(count(text, "member moved"), 1);
	assert_has_not(text, "reviewed");
	assert_has_not(text, "differ");
	/* Bytes 2, 3, 10 and 11 of each layer; an open text has no padding behind it. */
	ck_assert_uint_eq(count(text, "<div class=\"hole\""), 4);
	assert_has(text, "grid-area: 2 / 10 / auto / span 8; --n: 8");
	free(text);
}
END_TEST

START_TEST(a_long_member_is_drawn_on_each_line)
{
	static const char dump[] = "member  ipc_perm.key           offset 0 size 70 struct\n"
				   "struct  ipc_perm               size 70\n"
				   "# 2 facts\n";
	const struct layer drawing[] = {{"uapi", dump, NULL}, {0}};
	char *text = drawn(drawing);

	assert_has(text, "<div class=\"member to\" style=\"grid-area: 2 / 2 / auto / span 32;");
	assert_has(text,
		   "<div class=\"member from to\" style=\"grid-area: 2 / 2 / auto / span 32;");
	assert_has(text, "<div class=\"member from\" style=\"grid-area: 2 / 2 / auto / span 6;");
	free(text);
}
END_TEST

UNIT_SUITE(layout, members_stand_by_offset_with_the_padding_between_them,
	   members_of_a_union_share_bytes, an_absent_structure_is_reported,
	   a_partial_dump_may_lack_facts, an_inconsistent_dump_is_refused, a_moved_member_differs,
	   each_kind_of_difference_is_found,
	   a_drawing_has_a_row_for_each_layer_and_marks_what_moved,
	   a_drawing_of_equal_layers_marks_nothing, a_long_member_is_drawn_on_each_line);
