/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/*
 * A variable for each structure of a layer, so that an object has what DWARF says
 * of them: preprocessed like probe.h, compiled with the layer's headers.  A
 * structure that a layer lacks stays a declaration.
 */
#ifdef LAYER_UAPI
#define TAG(S, U) U
#else
#define TAG(S, U) S
#endif
#define STRUCT(S, U, D) struct TAG(S, U) * type_##S;
#define UNION(S, U, D) union TAG(S, U) * type_##S;
#include "sysvipc.def"
