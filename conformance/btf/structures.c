/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
#include "structures.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define WORD "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"

/* The longest chain of typedefs; the most members, including those of unnamed structures. */
enum { DEEPEST = 32, MOST = 4096 };

static const struct structure {
	const char *name, *tag;
	unsigned kind;
} structures[] = {
#define STRUCT(S, U, D) {#S, #U, BTF_KIND_STRUCT},
#define UNION(S, U, D) {#S, #U, BTF_KIND_UNION},
#include "interface/sysvipc.def"
};

/* The names of members in facts, from the table; BTF has their types. */
static const struct member {
	const char *structure, *name;
	const char *what; /* "pad", "gone" */
} members[] = {
#define MEMBER(S, M, D) {#S, #M, NULL},
#define MEMBER__(S, M, D) {#S, #M, NULL},
#define TIME(S, M, D) {#S, #M, NULL}, {#S, #M "_high", NULL},
#define NESTED(S, M, T, D) {#S, #M, NULL},
#define TEXT(S, M, D) {#S, #M, NULL},
#define POINTER(S, T, M, D) {#S, #M, NULL},
#define PAD(S, M) {#S, #M, "pad"},
#define GONE(S, M) {#S, #M, "gone"},
#include "interface/sysvipc.def"
};

#define COUNT(ARRAY) (sizeof(ARRAY) / sizeof((ARRAY)[0]))

/* Facts as lines, to be sorted, and the first error. */
struct dump {
	const struct btf *btf;
	const struct structure *structure;
	bool seen[COUNT(members)];
	unsigned visited;
	char **line;
	size_t n;
	char *error;
};

/* ---- finding --------------------------------------------------------------- */

static const struct btf_type *find_type(const struct btf *btf, const char *prefix,
					const struct structure *structure)
{
	char tag[64];

	snprintf(tag, sizeof(tag), "%s%s", prefix, structure->tag);
	int id = btf__find_by_name_kind(btf, tag, structure->kind);
	return id > 0 ? btf__type_by_id(btf, (unsigned)id) : NULL;
}

static bool has_any(const struct btf *btf, const char *prefix)
{
	for (size_t i = 0; i < COUNT(structures); i++)
		if (find_type(btf, prefix, &structures[i]))
			return true;
	return false;
}

bool has_native(const struct btf *btf)
{
	return has_any(btf, "");
}

bool has_compat(const struct btf *btf)
{
	return has_any(btf, "compat_");
}

/* Leading underscores are only a spelling: unused1, __unused1. */
static const char *bare(const char *name)
{
	return name + strspn(name, "_");
}

/* The table's member with this name; an exact spelling takes precedence. */
static const struct member *find_member(const struct structure *structure, const char *name)
{
	const struct member *alike = NULL;

	for (size_t i = 0; i < COUNT(members); i++) {
		if (strcmp(members[i].structure, structure->name) != 0)
			continue;
		if (strcmp(members[i].name, name) == 0)
			return &members[i];
		if (strcmp(bare(members[i].name), bare(name)) == 0)
			alike = &members[i];
	}
	return alike;
}

/* ---- writing --------------------------------------------------------------- */

static bool wrong(struct dump *dump, const char *what)
{
	snprintf(dump->error, 256, "%s: %s: the BTF is invalid", dump->structure->tag, what);
	return false;
}

__attribute__((format(printf, 4, 5))) static bool
put_fact(struct dump *dump, const char *kind, const char *member, const char *format, ...)
{
	char name[96], value[96];
	char **more = realloc(dump->line, (dump->n + 1) * sizeof(*more));
	va_list arguments;

	if (!more)
		return wrong(dump, "no memory");
	dump->line = more;
	va_start(arguments, format);
	vsnprintf(value, sizeof(value), format, arguments);
	va_end(arguments);
	snprintf(name, sizeof(name), "%s%s%s", dump->structure->name, member ? "." : "",
		 member ? member : "");
	if (asprintf(&dump->line[dump->n], "%-7s %-22s %s", kind, name, value) < 0)
		return wrong(dump, "no memory");
	dump->n++;
	return true;
}

static const struct btf_type *without_modifiers(const struct btf *btf, unsigned id)
{
	const struct btf_type *type = btf__type_by_id(btf, id);

	for (int i = 0; type && i < DEEPEST && (btf_is_mod(type) || btf_is_typedef(type)); i++)
		type = btf__type_by_id(btf, type->type);
	return type;
}

static const char *word_of(const struct btf_type *type)
{
	switch (btf_kind(type)) {
	case BTF_KIND_INT:
		return btf_int_encoding(type) & BTF_INT_SIGNED ? "signed" : "unsigned";
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64:
		return btf_kflag(type) ? "signed" : "unsigned";
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		return "struct";
	case BTF_KIND_ARRAY:
		return "array";
	case BTF_KIND_PTR:
		return "pointer";
	default:
		return NULL;
	}
}

static bool put_member(struct dump *dump, const char *name, const struct btf_member *member,
		       unsigned bit, unsigned bits)
{
	const struct member *known = find_member(dump->structure, name);
	const struct btf_type *type = without_modifiers(dump->btf, member->type);
	const char *word = type ? word_of(type) : NULL;
	long long size = btf__resolve_size(dump->btf, member->type);

	if (size < 0 || !word)
		return wrong(dump, "a member's type");
	if (known) {
		dump->seen[known - members] = true;
		name = known->name;
		word = known->what ? known->what : word;
	}
	if (bits || bit % 8)
		return put_fact(dump, "member", name, "bit %u bits %u %s", bit, bits, word);
	if (size == 0 && strcmp(word, "array") == 0)
		return put_fact(dump, "member", name, "offset %u", bit / 8);
	return put_fact(dump, "member", name, "offset %u size %lld %s", bit / 8, size, word);
}

/* Writes the members of a structure, including those of unnamed structures in it. */
static bool put_members(struct dump *dump, const struct btf_type *type, unsigned base, int depth)
{
	const struct btf_member *member = btf_members(type);

	for (unsigned i = 0; i < btf_vlen(type); i++, member++) {
		const char *name = btf__name_by_offset(dump->btf, member->name_off);
		const struct btf_type *inner = without_modifiers(dump->btf, member->type);
		unsigned bit = base + btf_member_bit_offset(type, i);

		if (dump->visited++ == MOST)
			return wrong(dump, "too many members");
		if (!name || name[strspn(name, WORD)] || strlen(name) > 64)
			return wrong(dump, "a member's name");
		if (*name) {
			if (!put_member(dump, name, member, bit, btf_member_bitfield_size(type, i)))
				return false;
		} else if (!inner || !btf_is_composite(inner) || depth == 0) {
			return wrong(dump, "a member without a name");
		} else if (!put_members(dump, inner, bit, depth - 1)) {
			return false;
		}
	}
	return true;
}

/* Whether the structure ends with a flexible array: the kernel may have one for mtext[1]. */
static bool is_open_ended(const struct btf *btf, const struct btf_type *type)
{
	if (btf_vlen(type) == 0)
		return false;
	unsigned last = btf_members(type)[btf_vlen(type) - 1].type;
	const struct btf_type *inner = without_modifiers(btf, last);

	return inner && btf_is_array(inner) && btf_array(inner)->nelems == 0;
}

static bool put_structure(struct dump *dump, const struct btf_type *type)
{
	const struct structure *structure = dump->structure;
	const char *kind = structure->kind == BTF_KIND_UNION ? "union" : "struct";

	if (!type)
		return structure->kind == BTF_KIND_UNION || put_fact(dump, kind, NULL, "absent");
	bool ok = is_open_ended(dump->btf, type)
			  ? put_fact(dump, kind, NULL, "run")
			  : put_fact(dump, kind, NULL, "size %u", type->size);
	if (!ok || !put_members(dump, type, 0, DEEPEST))
		return false;
	for (size_t i = 0; i < COUNT(members); i++)
		if (strcmp(members[i].structure, structure->name) == 0 && !dump->seen[i] &&
		    !members[i].what && !put_fact(dump, "member", members[i].name, "absent"))
			return false;
	return true;
}

static int in_order(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The length of the kind and name in a line. */
static size_t head_length(const char *line)
{
	size_t n = strcspn(line, " ");

	n += strspn(line + n, " ");
	return n + strcspn(line + n, " ");
}

/* Sorts the facts; readers of dumps refuse a fact that occurs twice. */
static bool sort_facts(struct dump *dump)
{
	qsort(dump->line, dump->n, sizeof(*dump->line), in_order);
	for (size_t i = 1; i < dump->n; i++) {
		const char *line = dump->line[i];
		const size_t n = head_length(line);

		if (strncmp(line, dump->line[i - 1], n + 1) == 0) {
			snprintf(dump->error, 256, "%.*s: occurs twice: the BTF is invalid", (int)n,
				 line);
			return false;
		}
	}
	return true;
}

bool structures_dump(FILE *out, const struct btf *btf, enum view view, char error[256])
{
	struct dump dump = {.btf = btf, .error = error};
	bool ok = true;

	for (size_t i = 0; i < COUNT(structures) && ok; i++) {
		const struct btf_type *type = NULL;

		dump.structure = &structures[i];
		if (view == COMPAT)
			type = find_type(btf, "compat_", &structures[i]);
		ok = put_structure(&dump, type ? type : find_type(btf, "", &structures[i]));
	}
	ok = ok && sort_facts(&dump);
	if (ok) {
		for (size_t i = 0; i < dump.n; i++)
			fprintf(out, "%s\n", dump.line[i]);
		fprintf(out, "# %zu facts\n", dump.n);
	}
	for (size_t i = 0; i < dump.n; i++)
		free(dump.line[i]);
	free(dump.line);
	return ok;
}
