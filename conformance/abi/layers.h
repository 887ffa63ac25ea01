/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* The layers of ABI facts that were compiled into this program. */
#ifndef LAYERS_H
#define LAYERS_H

struct layer {
	const char *name;      /* "glibc", "uapi" */
	const char *dump;      /* as this program's compiler saw it; NULL: it did not */
	const char *reference; /* abi-dumps/, as reviewed; NULL: there is none */
};

/*
 * The libc's layer, then the kernel's, then others of the architecture of which
 * there is only a reference, then one without a name.
 */
extern const struct layer layers[];

/* The layer that a call through libc, or past it, must agree with. */
const struct layer *libc_layer(void);
const struct layer *kernel_layer(void);
const struct layer *layer_named(const char *name);

/* The dump, or else the reference. */
const char *layer_text(const struct layer *layer);

#endif
