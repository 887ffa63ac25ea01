/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* Finding a layer. */
#include "abi/layers.h"

#include <string.h>

const struct layer *layer_named(const char *name)
{
	for (const struct layer *layer = layers; layer->name; layer++)
		if (strcmp(layer->name, name) == 0)
			return layer;
	return NULL;
}

const struct layer *libc_layer(void)
{
	return &layers[0];
}

const struct layer *kernel_layer(void)
{
	return layer_named("uapi");
}

const char *layer_text(const struct layer *layer)
{
	return layer->dump ? layer->dump : layer->reference;
}
