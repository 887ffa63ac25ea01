/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* The kernel's types, out of wherever a kernel keeps them. */
#ifndef IMAGE_H
#define IMAGE_H

#include <stdbool.h>

struct btf;

/*
 * The BTF of a file: /sys/kernel/btf/vmlinux, a vmlinux or any other ELF file,
 * a bare .BTF section, or a kernel image of any architecture, packed or not, in
 * which it is searched for.  The first one is taken that libbpf reads and that
 * is wanted.  NULL, and one line without newline in error, where there is none.
 * Free with btf__free.
 */
struct btf *image_btf(const char *path, bool (*wanted)(const struct btf *btf), char error[256]);

#endif
