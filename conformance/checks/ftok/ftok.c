/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* ftok(3), which libc implements without a System V IPC call. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "harness/conform.h"

/* A directory with a file, and the path for a link to it. */
struct place {
	char directory[64], file[80], link[80];
};

static void make(struct place *place)
{
	const char *tmp = getenv("TMPDIR");
	int fd;

	snprintf(place->directory, sizeof(place->directory), "%.40s/ftok.XXXXXX",
		 tmp ? tmp : "/tmp");
	if (!mkdtemp(place->directory))
		skip("no directory for temporary files");
	snprintf(place->file, sizeof(place->file), "%s/file", place->directory);
	snprintf(place->link, sizeof(place->link), "%s/link", place->directory);
	fd = open(place->file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	close(must(fd));
}

static void clean_up(const struct place *place)
{
	unlink(place->link);
	unlink(place->file);
	rmdir(place->directory);
}

CHECK("ftok.same_file", LIBC, 0, "the same file and project have the same key", "ftok(3)")
{
	struct place place;

	make(&place);
	key_t key = ftok(place.file, 'a');
	expect(key != -1);
	expect_eq(key, ftok(place.file, 'a'));
	clean_up(&place);
}

CHECK("ftok.hard_link", LIBC, 0, "a hard link has the key of its file", "ftok(3)")
{
	struct place place;

	make(&place);
	bool linked = link(place.file, place.link) == 0;
	key_t by_file = ftok(place.file, 'a'), by_link = ftok(place.link, 'a');
	clean_up(&place);
	if (!linked)
		skip("the directory of temporary files has no hard links");
	expect_eq(by_file, by_link);
}

CHECK("ftok.symbolic_link", LIBC, 0, "a symbolic link has the key of its target",
      "ftok(3), \"all pathnames that name the same file\"")
{
	struct place place;

	make(&place);
	bool linked = symlink("file", place.link) == 0;
	key_t by_file = ftok(place.file, 'a'), by_link = ftok(place.link, 'a');
	clean_up(&place);
	if (!linked)
		skip("the directory of temporary files has no symbolic links");
	expect_eq(by_file, by_link);
}

CHECK("ftok.other_project", LIBC, 0, "another project has another key", "ftok(3)")
{
	struct place place;

	make(&place);
	for (int project = 1; project < 255; project++)
		expect(ftok(place.file, project) != ftok(place.file, project + 1));
	clean_up(&place);
}

CHECK("ftok.project_is_a_byte", LIBC, 0, "only the low 8 bits of the project count", "ftok(3)")
{
	struct place place;

	make(&place);
	expect_eq(ftok(place.file, 0x61), ftok(place.file, 0x161));
	expect_eq(ftok(place.file, 0x81), ftok(place.file, (signed char)0x81));
	clean_up(&place);
}

CHECK("ftok.enoent", LIBC, 0, "a path without a file has no key", "ftok(3); stat(2), ENOENT")
{
	struct place place;

	make(&place);
	expect_errno(ENOENT, ftok(place.link, 'a'));
	expect_errno(ENOENT, ftok("", 'a'));
	clean_up(&place);
}
