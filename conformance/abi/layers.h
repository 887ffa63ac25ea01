/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* The layers of ABI facts that were compiled into this program. */
#ifndef LAYERS_H
#define LAYERS_H

struct layer {
	const char *name;      /* "glibc", "uapi" */
	const char *dump;      /* from this program's compiler; NULL: not dumped */
	const char *reference; /* from abi-dumps/, reviewed; NULL: not reviewed */
};

/*
 * The libc's layer, the kernel's, then other layers of the architecture, which have a
 * reference only; ends with a layer without a name.
 */
extern const struct layer layers[];

/* The layers that calls through libc, and past it, must agree with. */
const struct layer *libc_layer(void);
const struct layer *kernel_layer(void);
const struct layer *layer_named(const char *name);

/* The dump if there is one, else the reference. */
const char *layer_text(const struct layer *layer);

#endif
