/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* Finds the type information of a kernel. */
#ifndef IMAGE_H
#define IMAGE_H

#include <stdbool.h>

struct btf;

/*
 * The BTF of a file: /sys/kernel/btf/vmlinux, a vmlinux or another ELF file, a bare .BTF
 * section, or a kernel image of any architecture, compressed or not, which is searched.
 * Returns the first BTF that libbpf can read and for which wanted() is true; free it with
 * btf__free().  If no BTF is found, returns NULL, with one line without newline in error.
 */
struct btf *image_btf(const char *path, bool (*wanted)(const struct btf *btf), char error[256]);

#endif
