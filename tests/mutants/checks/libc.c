/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* Mutants of libc: ftok, and headers whose structures differ from those of the kernel. */
#include <fcntl.h>
#include <sys/stat.h>

#include "mutants.h"

/* ---- ftok -------------------------------------------------------------------- */

/* Makes the key from stat(2) as libc does. */
static key_t key_of(const struct stat *file, int project)
{
	return (key_t)((file->st_ino & 0xffff) | (file->st_dev & 0xff) << 16 |
		       (unsigned)(project & 0xff) << 24);
}

#define ON_FTOK(ID, WHAT)                                                 \
	static key_t ftok_##ID(const char *path, int project);            \
	MUTANT(ftok_##ID##_mutant, "ftok." #ID, WHAT, .ftok = ftok_##ID); \
	static key_t ftok_##ID(const char *path UNUSED, int project UNUSED)

ON_FTOK(random, "each call returns another key")
{
	static int calls;
	struct stat file;

	return stat(path, &file) == -1 ? -1 : key_of(&file, project) ^ ++calls;
}

ON_FTOK(by_name, "the key depends on the name and not on the file")
{
	struct stat file;
	key_t key = 0;

	if (stat(path, &file) == -1)
		return -1;
	while (*path)
		key = (key_t)((unsigned)key * 31 + (unsigned char)*path++);
	return (key & 0xffffff) | (key_t)((unsigned)(project & 0xff) << 24);
}

ON_FTOK(link_itself, "a symbolic link and its target have different keys")
{
	struct stat file;

	return lstat(path, &file) == -1 ? -1 : key_of(&file, project);
}

ON_FTOK(project_ignored, "the project is ignored")
{
	struct stat file;

	return stat(path, &file) == -1 ? -1 : key_of(&file, 1);
}

ON_FTOK(project_whole, "the key depends on more than one byte of the project")
{
	struct stat file;

	return stat(path, &file) == -1 ? -1 : key_of(&file, project) ^ (project >> 8);
}

ON_FTOK(missing_file, "a path that names no file has a key")
{
	struct stat file = {0};

	stat(path, &file);
	return key_of(&file, project);
}

/* ---- headers ------------------------------------------------------------------ */

#define HEADER(ID, NAME, WHAT, LAYER, FACT, WRONG) \
	MUTANT(ID, "header." NAME, WHAT, .layer = LAYER, .fact = FACT, .wrong = WRONG)

#ifdef __x86_64__
HEADER(nsems_wide, "sem_nsems", "sem_nsems is a short: the opposite of musl dfc1a37c", "glibc",
       "semid_ds.sem_nsems     offset 80 size 8", "semid_ds.sem_nsems     offset 80 size 2");
HEADER(segsz_place, "shm_segsz", "padding before shm_segsz is missing: musl 0fbd7d66", "glibc",
       "shmid_ds.shm_segsz     offset 48", "shmid_ds.shm_segsz     offset 44");
HEADER(mode_place, "mode", "mode is in the wrong half: musl 0cd2be23, glibc bug 18231", "glibc",
       "ipc_perm.mode          offset 20", "ipc_perm.mode          offset 22");
HEADER(kernel_constant, "kernel_constant", "the kernel's headers have another IPC_SET", "uapi",
       "const   IPC_SET                1", "const   IPC_SET                4");
HEADER(kernel_size, "kernel_size", "the kernel's headers have a larger msqid_ds", "uapi",
       "member  msqid_ds.msg_lrpid", "member  msqid_ds.msg_lrpid_x");
#endif
