/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/*
 * Declares a variable for each structure of a layer, so that the compiler emits DWARF for
 * it.  `dump` preprocesses this file like probe.h and compiles it with the layer's headers.
 * A structure that the layer lacks stays an incomplete type.
 */
#ifdef LAYER_UAPI
#define TAG(S, U) U
#else
#define TAG(S, U) S
#endif
#define STRUCT(S, U, D) struct TAG(S, U) * type_##S;
#define UNION(S, U, D) union TAG(S, U) * type_##S;
#include "sysvipc.def"
