/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
#include "abi/rules.h"

#include <fnmatch.h>
#include <stdarg.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "harness/textfile.h"

/* ---- the tables -------------------------------------------------------------- */

#define X(NAME, DEMAND) RULE_##NAME,
enum rule { RULES(X) NRULES };
#undef X

static const struct {
	const char *name, *demand;
} rules[] = {
#define X(NAME, DEMAND) {#NAME, DEMAND},
	RULES(X)
#undef X
};

static const struct deviation {
	const char *libc, *target, *rule, *name, *seen, *reason;
} deviations[] = {
#define DEVIATION(L, W, R, N, S, D) {L, W, #R, N, S, D},
#include "abi/deviations.def"
	{0},
};

static const char *const structures[] = {
#define STRUCT(S, U, D) #S,
#include "interface/sysvipc.def"
};
enum { NSTRUCTURES = sizeof(structures) / sizeof(structures[0]), CONSTANTS = NSTRUCTURES, NROWS };

enum sort { INTEGER, TIME_T, ADDRESS, WHOLE };

static const struct member {
	const char *structure, *name;
	enum sort sort;
	const char *posix; /* the type that POSIX gives it, or NULL */
} members[] = {
#define MEMBER(S, M, D) {#S, #M, INTEGER, NULL},
#define MEMBER__(S, M, D) MEMBER(S, M, D)
#define TYPED(S, M, T, D) {#S, #M, INTEGER, #T},
#define TIME(S, M, D) {#S, #M, TIME_T, "time_t"},
#define NESTED(S, M, T, D) {#S, #M, WHOLE, NULL},
#define TEXT(S, M, D) {#S, #M, ADDRESS, NULL},
#define POINTER(S, T, M, D) {#S, #M, WHOLE, NULL},
#include "interface/sysvipc.def"
};
enum { NMEMBERS = sizeof(members) / sizeof(members[0]) };

static const struct constant {
	const char *kind, *name;
	bool posix, limit;
} constants[] = {
#define CONST(C, D) {"const", #C, false, false},
#define POSIX_CONST(C, D) {"const", #C, true, false},
#define LIMIT_CONST(C, D) {"const", #C, false, true},
#define FUNCTION(R, F, P, A) {"syscall", #F, false, false},
#define SYSCALL(N) {"syscall", #N, false, false},
#include "interface/sysvipc.def"
};
enum { NCONSTANTS = sizeof(constants) / sizeof(constants[0]) };

/* ---- a verdict --------------------------------------------------------------- */

enum verdict { NOT_ASKED, HOLDS, NOTED, KNOWN, WRONG };

struct judge {
	const char *libc_name;
	const struct facts *libc, *kernel;
	char target[16]; /* "32 big" */
	bool big;	 /* big-endian */
	FILE *words;
	enum verdict table[NROWS][NRULES];
	unsigned row, wrong, known, notes;
};

static const struct deviation *known_deviation(const struct judge *judge, enum rule rule,
					       const char *name, const char *seen)
{
	for (const struct deviation *known = deviations; known->libc; known++)
		if (fnmatch(known->libc, judge->libc_name, 0) == 0 &&
		    fnmatch(known->target, judge->target, 0) == 0 &&
		    strcmp(known->rule, rules[rule].name) == 0 &&
		    fnmatch(known->name, name, 0) == 0 && fnmatch(known->seen, seen, 0) == 0)
			return known;
	return NULL;
}

/* Records whether a rule holds for a subject, and the observed fact if it does not. */
__attribute__((format(printf, 5, 6))) static bool
expect(struct judge *judge, enum rule rule, bool holds, const char *name, const char *format, ...)
{
	enum verdict *cell = &judge->table[judge->row][rule], verdict = HOLDS;
	const struct deviation *known = NULL;
	char seen[160];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(seen, sizeof(seen), format, arguments);
	va_end(arguments);
	if (!holds) {
		known = known_deviation(judge, rule, name, seen);
		verdict = known ? KNOWN : WRONG;
		known ? judge->known++ : judge->wrong++;
		fprintf(judge->words, "%s: %s: %s: %s%s%s\n", known ? "known" : "wrong", name,
			rules[rule].name, seen, known ? "; " : "", known ? known->reason : "");
	}
	if (*cell < verdict)
		*cell = verdict;
	return holds;
}

/* Limits can be set at run time, so a different value in headers is only a note. */
static void note(struct judge *judge, const char *name, const char *libc, const char *kernel)
{
	enum verdict *cell = &judge->table[judge->row][RULE_value];

	if (strcmp(libc, kernel) == 0) {
		expect(judge, RULE_value, true, name, "%s", libc);
		return;
	}
	judge->notes++;
	fprintf(judge->words,
		"note: %s: value: is %s, the kernel's default %s; programs ask for it with "
		"IPC_INFO\n",
		name, libc, kernel);
	if (*cell < NOTED)
		*cell = NOTED;
}

/* ---- the place of a member ------------------------------------------------------ */

/* More bytes than a structure of the kernel has. */
enum { MOST_BYTES = 4096 };
/* The largest size and offset: their sum does not overflow. */
#define LARGEST (LLONG_MAX / 2)

struct place {
	bool there, is_signed, is_bits;
	long long begin, end;
};

/* The end of the bytes of a place that may have a value of the kernel. */
static long long end_of_values(struct place place)
{
	return place.end < MOST_BYTES ? place.end : MOST_BYTES;
}

static long long width(struct place place)
{
	return place.end - place.begin;
}

/* A number of bytes; -1 if it is missing or above LARGEST. */
static long long bytes_of(const struct facts *facts, const char *kind, const char *name,
			  const char *word)
{
	long long bytes = facts_number(facts, kind, name, word);

	return bytes > LARGEST ? -1 : bytes;
}

static struct place place_of_fact(const struct facts *facts, const char *name)
{
	long long offset = bytes_of(facts, "member", name, "offset");
	long long size = bytes_of(facts, "member", name, "size");
	const char *value = facts_value(facts, "member", name);

	if (offset < 0 || size < 0)
		return (struct place){0};
	return (struct place){true, strstr(value, " signed") != NULL,
			      strstr(value, " bits") != NULL, offset, offset + size};
}

struct name {
	char text[64];
};

static struct name full_name(const struct member *member, const char *suffix)
{
	struct name name;

	snprintf(name.text, sizeof(name.text), "%s.%s%s", member->structure, member->name, suffix);
	return name;
}

static struct place place_of(const struct facts *facts, const struct member *member,
			     const char *suffix)
{
	return place_of_fact(facts, full_name(member, suffix).text);
}

static bool ends_in(const char *text, const char *end)
{
	size_t length = strlen(text), n = strlen(end);

	return length >= n && strcmp(text + length - n, end) == 0;
}

static bool same_bytes(struct place a, struct place b)
{
	return a.begin == b.begin && a.end == b.end;
}

/* Whether each byte has the same weight in both places. */
static bool same_weight(const struct judge *judge, struct place a, struct place b)
{
	return judge->big ? a.end == b.end : a.begin == b.begin;
}

/* Iterates over the libc's facts about a structure's members. */
static const struct fact *next_fact(const struct facts *facts, const char *structure, size_t *i)
{
	size_t length = strlen(structure);

	while (*i < facts->n) {
		const struct fact *fact = &facts->fact[(*i)++];

		if (strcmp(fact->kind, "member") == 0 &&
		    strncmp(fact->name, structure, length) == 0 && fact->name[length] == '.' &&
		    place_of_fact(facts, fact->name).there)
			return fact;
	}
	return NULL;
}

/*
 * POSIX reserves names for members other than its own (XSH 2.2.2), so a libc may choose the
 * names of those, and of the members of structures that only Linux has.
 */
static bool is_free_name(const struct member *member)
{
	if (strncmp(member->name, "__", 2) == 0)
		return true;
	return member->sort == INTEGER && !member->posix && strcmp(member->structure, "semun") != 0;
}

/*
 * Finds the libc's fact about a member with a free name by its place: an integer or pointer
 * that is not in the table, on the kernel's bytes of the same weight.  A word of a time that
 * libc also has elsewhere must be on exactly the kernel's bytes.
 */
static const struct fact *fact_by_place(const struct judge *judge, const struct member *member,
					const char *suffix)
{
	bool word = *suffix;
	struct place kernel =
		place_of(judge->kernel, member, strcmp(suffix, "_low") == 0 ? "" : suffix);
	struct place named = place_of(judge->libc, member, "");
	const struct fact *best = NULL;
	size_t i = 0;

	if (!kernel.there || place_of(judge->libc, member, suffix).there ||
	    (word ? member->sort != TIME_T || !named.there || named.begin < kernel.end
		  : !is_free_name(member)))
		return NULL;
	for (const struct fact *fact; (fact = next_fact(judge->libc, member->structure, &i));) {
		struct place place = place_of_fact(judge->libc, fact->name);
		const char *kind = member->sort == WHOLE ? " pointer-to-seminfo pad" : "signed pad";

		if (!ends_in(fact->value, kind) && !ends_in(fact->value, "signed bits pad"))
			continue;
		if (same_bytes(place, kernel))
			return fact;
		if (!word && !best && same_weight(judge, place, kernel))
			best = fact;
	}
	return best;
}

static struct place libc_place(const struct judge *judge, const struct member *member,
			       const char *suffix)
{
	const struct fact *fact = fact_by_place(judge, member, suffix);

	return fact ? place_of_fact(judge->libc, fact->name)
		    : place_of(judge->libc, member, suffix);
}

/* Whether a fact that looks like padding is a member under a name that the libc chose. */
static bool is_member(const struct judge *judge, const char *structure, const struct fact *fact)
{
	for (unsigned i = 0; i < NMEMBERS; i++)
		if (strcmp(members[i].structure, structure) == 0 &&
		    (fact_by_place(judge, &members[i], "") == fact ||
		     fact_by_place(judge, &members[i], "_low") == fact ||
		     fact_by_place(judge, &members[i], "_high") == fact))
			return true;
	return false;
}

/* ---- bytes with a value ----------------------------------------------------------- */

/* A C type in POSIX bounds a member's values; a type that libc defines does not. */
static int fewest_bytes(const struct member *member)
{
	return member->posix && strstr(member->posix, "short") ? 2 : MOST_BYTES;
}

static bool may_be_narrower(const struct member *member, struct place libc, struct place kernel)
{
	return width(libc) < width(kernel) && width(libc) >= fewest_bytes(member);
}

static bool contains(struct place place, long long byte)
{
	return place.there && byte >= place.begin && byte < place.end;
}

/*
 * The member whose value the kernel has in a byte of a structure, or NULL for padding.  The
 * rule width handles members that are narrower in libc.  A libc may hide the high word of a
 * time.
 */
static const struct member *value_in(const struct judge *judge, const char *structure,
				     long long byte, bool high_too)
{
	for (unsigned i = 0; i < NMEMBERS; i++) {
		const struct member *member = &members[i];

		if (strcmp(member->structure, structure) != 0)
			continue;
		struct place kernel = place_of(judge->kernel, member, "");
		struct place libc = libc_place(judge, member, "");

		if (contains(kernel, byte) &&
		    (!libc.there || contains(libc, byte) || !same_weight(judge, libc, kernel)))
			return member;
		if (high_too && contains(place_of(judge->kernel, member, "_high"), byte))
			return member;
	}
	return NULL;
}

/* ---- members --------------------------------------------------------------------- */

static void judge_sign(struct judge *judge, const char *name, struct place libc,
		       struct place kernel)
{
	bool matters =
		width(libc) == width(kernel) || (width(libc) > width(kernel) && kernel.is_signed);

	if (matters)
		expect(judge, RULE_sign,
		       width(libc) == width(kernel) && libc.is_signed == kernel.is_signed, name,
		       "is %s of %lld bytes, the kernel's %s of %lld",
		       libc.is_signed ? "signed" : "unsigned", width(libc),
		       kernel.is_signed ? "signed" : "unsigned", width(kernel));
}

static void judge_width(struct judge *judge, const struct member *member, struct place libc,
			struct place kernel)
{
	struct name name = full_name(member, "");
	const struct member *other = NULL;
	long long size = bytes_of(judge->kernel, "struct", member->structure, "size");

	if (width(libc) < width(kernel)) {
		expect(judge, RULE_width, may_be_narrower(member, libc, kernel), name.text,
		       "has %lld of the kernel's %lld bytes", width(libc), width(kernel));
		return;
	}
	for (long long byte = libc.begin; byte < end_of_values(libc) && !other; byte++)
		if (!contains(kernel, byte))
			other = value_in(judge, member->structure, byte, true);
	expect(judge, RULE_width, !other, name.text,
	       "has %lld bytes, the kernel's %lld, and reaches into %s", width(libc), width(kernel),
	       other ? other->name : "");
	expect(judge, RULE_width, libc.end <= size || libc.begin >= size, name.text,
	       "ends at %lld, the kernel's structure at %lld", libc.end, size);
}

/* An integer of one word in libc and in the kernel. */
static void judge_integer(struct judge *judge, const struct member *member, struct place libc,
			  struct place kernel)
{
	struct name name = full_name(member, "");
	bool overlap = libc.begin < kernel.end && kernel.begin < libc.end;

	if (expect(judge, RULE_place, same_weight(judge, libc, kernel), name.text,
		   "has bytes %lld-%lld, the kernel %lld-%lld%s", libc.begin, libc.end - 1,
		   kernel.begin, kernel.end - 1, overlap ? ": in part, or the wrong half" : ""))
		judge_width(judge, member, libc, kernel);
}

/*
 * A time of two words in the kernel.  A libc may have a member for the low word and perhaps
 * one for the high word (glibc: __M_high); one 64-bit member over both, if they are adjacent
 * in the target's order; or both words under its own names, and a time that it fills in
 * itself where the kernel has no value (musl).
 */
static void judge_time(struct judge *judge, const struct member *member, struct place libc,
		       struct place low)
{
	struct name name = full_name(member, "");
	struct place high = place_of(judge->kernel, member, "_high");
	struct place libc_low = libc_place(judge, member, "_low");
	struct place libc_high = libc_place(judge, member, "_high");

	if (libc_low.there) {
		const struct member *other = NULL;

		for (long long byte = libc.begin; byte < end_of_values(libc) && !other; byte++)
			other = value_in(judge, member->structure, byte, true);
		expect(judge, RULE_time, !other && width(libc) >= 8, name.text,
		       "has bytes %lld-%lld, but libc must fill it in outside the kernel's members",
		       libc.begin, libc.end - 1);
	} else if (width(libc) > width(low))
		expect(judge, RULE_time,
		       libc.begin == (judge->big ? high : low).begin &&
			       libc.end == (judge->big ? low : high).end && width(libc) == 8 &&
			       width(high) == 4,
		       name.text,
		       "has bytes %lld-%lld, the kernel's low word %lld-%lld, its high word "
		       "%lld-%lld",
		       libc.begin, libc.end - 1, low.begin, low.end - 1, high.begin, high.end - 1);
	else
		judge_integer(judge, member, libc, low);
	if (libc_low.there)
		expect(judge, RULE_time, same_bytes(libc_low, low), full_name(member, "_low").text,
		       "has bytes %lld-%lld, the kernel's low word %lld-%lld", libc_low.begin,
		       libc_low.end - 1, low.begin, low.end - 1);
	if (libc_low.there && !libc_high.there)
		expect(judge, RULE_time, false, full_name(member, "_high").text,
		       "is not there; the kernel has it");
	else if (libc_high.there)
		expect(judge, RULE_time, same_bytes(libc_high, high),
		       full_name(member, "_high").text,
		       "has bytes %lld-%lld, the kernel's high word %lld-%lld", libc_high.begin,
		       libc_high.end - 1, high.begin, high.end - 1);
}

/* In a structure that libc copies, a value needs enough bytes that no other value uses. */
static void judge_copied(struct judge *judge, const struct member *member, struct place libc,
			 struct place kernel)
{
	struct name name = full_name(member, "");
	struct place high = place_of(judge->kernel, member, "_high");
	long long needed = width(kernel);

	if (high.there)
		needed = 8;
	else if (may_be_narrower(member, libc, kernel))
		needed = width(libc);
	expect(judge, RULE_width, width(libc) >= needed, name.text,
	       "has %lld bytes, the value %lld", width(libc), needed);
	for (const struct member *other = members; other < members + NMEMBERS; other++) {
		struct place place = libc_place(judge, other, "");

		if (other != member && strcmp(other->structure, member->structure) == 0 &&
		    place.there)
			expect(judge, RULE_place,
			       place.begin >= libc.end || libc.begin >= place.end, name.text,
			       "shares bytes with %s", other->name);
	}
}

static void judge_posix(struct judge *judge, const struct member *member, struct place libc)
{
	struct name name = full_name(member, "");
	const char *type = member->posix;
	long long size = facts_number(judge->libc, "type", type, "size");
	const char *value = facts_value(judge->libc, "type", type);
	bool is_signed = value && strstr(value, " signed");

	if (strstr(type, "short")) {
		size = 2;
		is_signed = strcmp(type, "short") == 0;
	}
	if (size < 0) {
		expect(judge, RULE_posix, false, name.text, "%s is not there; POSIX has it", type);
		return;
	}
	if (libc.is_bits) {
		expect(judge, RULE_posix, false, name.text, "is a bit-field, which %s is not",
		       type);
		return;
	}
	expect(judge, RULE_posix, width(libc) == size && libc.is_signed == is_signed, name.text,
	       "is %s of %lld bytes, which %s is not", libc.is_signed ? "signed" : "unsigned",
	       width(libc), type);
}

static void judge_member(struct judge *judge, const struct member *member, bool copied)
{
	struct name name = full_name(member, "");
	struct place libc = libc_place(judge, member, "");
	struct place kernel = place_of(judge->kernel, member, "");
	bool in_words = place_of(judge->kernel, member, "_high").there;

	if (!kernel.there ||
	    !expect(judge, RULE_there, libc.there, name.text, "is not there; the kernel has it"))
		return;
	if (copied)
		judge_copied(judge, member, libc, kernel);
	else if (member->sort == ADDRESS)
		expect(judge, RULE_place, libc.begin == kernel.begin, name.text,
		       "begins at %lld, the kernel's at %lld", libc.begin, kernel.begin);
	else if (member->sort == WHOLE)
		expect(judge, RULE_place, same_bytes(libc, kernel), name.text,
		       "has bytes %lld-%lld, the kernel %lld-%lld", libc.begin, libc.end - 1,
		       kernel.begin, kernel.end - 1);
	else if (in_words)
		judge_time(judge, member, libc, kernel);
	else
		judge_integer(judge, member, libc, kernel);
	/* The sign of a time's low word does not matter. */
	if (member->sort == INTEGER || (member->sort == TIME_T && !in_words))
		judge_sign(judge, name.text, libc, kernel);
	if (member->posix)
		judge_posix(judge, member, libc);
	const char *value = facts_value(judge->libc, "member", name.text);
	if (value && ends_in(value, " pointer-to-other"))
		expect(judge, RULE_posix, false, name.text, "points to another type");
}

/* ---- structures -------------------------------------------------------------------- */

static void judge_padding(struct judge *judge, const char *structure)
{
	size_t i = 0;

	for (const struct fact *fact; (fact = next_fact(judge->libc, structure, &i));) {
		struct place place = place_of_fact(judge->libc, fact->name);
		bool pad = ends_in(fact->value, " pad");
		const struct member *value = NULL;

		if (pad ? is_member(judge, structure, fact)
			: (place_of_fact(judge->kernel, fact->name).there ||
			   ends_in(fact->name, "_low")))
			continue;
		for (long long byte = place.begin; byte < end_of_values(place) && !value; byte++)
			value = value_in(judge, structure, byte, !pad);
		expect(judge, RULE_padding, !value, fact->name, "%s is on bytes of the kernel's %s",
		       pad ? "padding" : "a member of libc alone", value ? value->name : "");
	}
}

/*
 * Judges members that no kernel after Linux 2.4 has; returns whether libc has members after the
 * kernel's.
 */
static bool judge_additions(struct judge *judge, const char *structure, long long size)
{
	bool own = false;
	size_t i = 0;

	for (const struct fact *fact; (fact = next_fact(judge->libc, structure, &i));) {
		expect(judge, RULE_old, !ends_in(fact->value, " gone"), fact->name,
		       "is a member of Linux 2.4 and earlier");
		if (place_of_fact(judge->libc, fact->name).begin >= size)
			own = true;
	}
	/* semop takes an array of sembuf, so its size must not change. */
	return own && strcmp(structure, "sembuf") != 0;
}

/* Whether the kernel has a time of the structure in two words. */
static bool has_words(const struct judge *judge, const char *structure)
{
	for (unsigned i = 0; i < NMEMBERS; i++)
		if (strcmp(members[i].structure, structure) == 0 &&
		    place_of(judge->kernel, &members[i], "_high").there)
			return true;
	return false;
}

/*
 * Whether the structure is larger than the kernel's only because a 64-bit time, which covers
 * both of the kernel's words, is aligned.
 */
static bool aligned_by_times(const struct judge *judge, const char *structure, long long size,
			     long long libc_size, long long libc_align)
{
	if (libc_align != 8 || libc_size != (size + 7) / 8 * 8)
		return false;
	for (unsigned i = 0; i < NMEMBERS; i++) {
		struct place time = libc_place(judge, &members[i], "");

		if (strcmp(members[i].structure, structure) == 0 && time.there &&
		    width(time) == 8 && place_of(judge->kernel, &members[i], "_high").there)
			return true;
	}
	return false;
}

static bool of_posix(const char *structure)
{
	for (unsigned i = 0; i < NMEMBERS; i++)
		if (strcmp(members[i].structure, structure) == 0 && members[i].posix)
			return true;
	return false;
}

static void judge_structure(struct judge *judge, const char *structure)
{
	const char *kind = facts_value(judge->kernel, "union", structure) ? "union" : "struct";
	long long size = bytes_of(judge->kernel, kind, structure, "size");
	long long align = bytes_of(judge->kernel, kind, structure, "align");
	long long libc_size = bytes_of(judge->libc, kind, structure, "size");
	long long libc_align = bytes_of(judge->libc, kind, structure, "align");
	bool copied = strcmp(judge->libc_name, "glibc-time64") == 0 && has_words(judge, structure);

	if (size < 0)
		return;
	if (libc_size < 0) {
		if (of_posix(structure))
			expect(judge, RULE_there, false, structure, "is not there");
		return;
	}
	for (unsigned i = 0; i < NMEMBERS; i++)
		if (strcmp(members[i].structure, structure) == 0)
			judge_member(judge, &members[i], copied);
	bool own = judge_additions(judge, structure, size);
	if (copied)
		return;
	/* A union is passed by value, and its members share all bytes. */
	if (kind[0] == 'u')
		own = false;
	else
		judge_padding(judge, structure);
	if (aligned_by_times(judge, structure, size, libc_size, libc_align))
		own = true;
	expect(judge, RULE_size, libc_size == size || (own && libc_size > size), structure,
	       "has %lld bytes, the kernel's %lld", libc_size, size);
	if (!own)
		expect(judge, RULE_align, libc_align == align, structure,
		       "is aligned to %lld, the kernel's to %lld", libc_align, align);
}

/* ---- constants ----------------------------------------------------------------------- */

/*
 * A libc with its own times after the kernel's (musl) has a bit in its STAT commands,
 * IPC_TIME64, which distinguishes them from older ones; it clears the bit before the call.
 */
static bool with_time64_bit(const struct judge *judge, const char *name, const char *libc,
			    const char *kernel)
{
	return strstr(name, "_STAT") &&
	       facts_value(judge->libc, "member", "msqid_ds.msg_stime_low") &&
	       atoll(libc) == (atoll(kernel) | 0x100);
}

static bool is_number(const char *value)
{
	return value && value[strspn(value, "-0123456789")] == '\0';
}

static void judge_constant(struct judge *judge, const struct constant *constant)
{
	const char *libc = facts_value(judge->libc, constant->kind, constant->name);
	const char *kernel = facts_value(judge->kernel, constant->kind, constant->name);

	if (constant->posix)
		expect(judge, RULE_there, libc && strcmp(libc, "absent") != 0, constant->name,
		       "is not there; POSIX has it");
	if (!is_number(libc) || !is_number(kernel))
		return;
	if (constant->limit)
		note(judge, constant->name, libc, kernel);
	else
		expect(judge, RULE_value,
		       strcmp(libc, kernel) == 0 ||
			       with_time64_bit(judge, constant->name, libc, kernel),
		       constant->name, "is %s, the kernel's %s", libc, kernel);
}

/* ---- the verdict ------------------------------------------------------------------------ */

static void print_table(FILE *out, const struct judge *judge)
{
	static const char *const word[] = {"-", "ok", "note", "known", "WRONG"};

	fprintf(out, "%-10s", "");
	for (int rule = 0; rule < NRULES; rule++)
		fprintf(out, " %7s", rules[rule].name);
	for (int row = 0; row < NROWS; row++) {
		fprintf(out, "\n%-10s", row < NSTRUCTURES ? structures[row] : "constants");
		for (int rule = 0; rule < NRULES; rule++)
			fprintf(out, " %7s", word[judge->table[row][rule]]);
	}
	fputc('\n', out);
}

static void print_demands(FILE *out, const struct judge *judge)
{
	for (int rule = 0; rule < NRULES; rule++)
		for (int row = 0; row < NROWS; row++)
			if (judge->table[row][rule] == WRONG) {
				fprintf(out, "rule %s: %s\n", rules[rule].name, rules[rule].demand);
				break;
			}
}

/*
 * Checks that the dumps are of a libc and a kernel of one target; returns the problem, or NULL.
 */
static const char *misfit(const struct facts *libc, const struct facts *kernel)
{
	static const char *const macros[] = {"__BYTE_ORDER__", "__SIZEOF_LONG__"};

	if (!facts_value(libc, "type", "time_t"))
		return "the first dump is of no libc";
	if (!facts_value(kernel, "const", "IPC_64"))
		return "the second dump is not of the kernel's headers";
	for (int i = 0; i < 2; i++)
		if (facts_number(libc, "const", macros[i], "") < 0 ||
		    facts_number(libc, "const", macros[i], "") !=
			    facts_number(kernel, "const", macros[i], ""))
			return "the dumps are of different targets";
	long long word = facts_number(libc, "const", "__SIZEOF_LONG__", "");
	return word == 4 || word == 8 ? NULL : "a long has neither 4 nor 8 bytes";
}

int rules_judge(FILE *out, const char *libc_name, const struct facts *libc,
		const struct facts *kernel, char error[256])
{
	struct judge judge = {.libc_name = libc_name, .libc = libc, .kernel = kernel};
	const char *problem = misfit(libc, kernel);
	char *words = NULL;
	size_t size;

	if (!problem && !(judge.words = open_memstream(&words, &size)))
		problem = "no memory";
	if (problem) {
		textfile_error(error, libc_name, "%s", problem);
		return -1;
	}
	judge.big = facts_number(libc, "const", "__BYTE_ORDER__", "") == 4321;
	snprintf(judge.target, sizeof(judge.target), "%lld %s",
		 8 * facts_number(libc, "const", "__SIZEOF_LONG__", ""),
		 judge.big ? "big" : "little");
	for (judge.row = 0; judge.row < NSTRUCTURES; judge.row++)
		judge_structure(&judge, structures[judge.row]);
	for (unsigned i = 0; i < NCONSTANTS; i++)
		judge_constant(&judge, &constants[i]);
	fclose(judge.words);
	print_table(out, &judge);
	fputs(words, out);
	print_demands(out, &judge);
	fprintf(out, "%s, %.2s bits, %s-endian: %u wrong, %u known deviations, %u notes\n",
		libc_name, judge.target, judge.big ? "big" : "little", judge.wrong, judge.known,
		judge.notes);
	free(words);
	return (int)judge.wrong;
}
