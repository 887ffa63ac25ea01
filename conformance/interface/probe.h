/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/*
 * The table as C statements, one fact a line: only preprocessed, by `dump`,
 * without any system header, so that every name is still as the table has it.
 * The result is compiled by the target's compiler together with the headers of
 * a layer, and the numbers are read out of its assembly output: nothing of the
 * target is run.  A line that names what
 * is not there is a fact that is absent, and one whose value is no constant
 * (glibc's SHMLBA calls a function) a fact that is known at run time only.
 *
 * Some targets print a number with a mark before it ($, #), for which not all
 * have %c; `dump` takes it away.  A directive (.ascii) is used since clang's
 * assembler reads the text, unlike gcc.  Numbers are cut into three parts of
 * nine digits, since a 32-bit target has no 64-bit operand.
 */
#ifdef LAYER_UAPI
#define TAG(S, U) U
#define HIDDEN(M) M
#define NUMBER(N) __NR_##N
#else
#define TAG(S, U) S
#define HIDDEN(M) __##M
#define NUMBER(N) SYS_##N
#endif

#define ASM(FACT, ...) __asm__ volatile(".ascii \"@@" FACT "\"" : : __VA_ARGS__);
#define SIZEOF(S, M) sizeof(((abi_##S *)0)->M)
#define NEGATIVE(E) (!((E) > 0 || (E) == 0))
#define MAGNITUDE(E) (NEGATIVE(E) ? -(unsigned long long)(E) : (unsigned long long)(E))
#define LAYOUT(S, NAME, M, KIND)                                                          \
	ASM("member " #S "." NAME " " KIND " %0 %1", "i"(__builtin_offsetof(abi_##S, M)), \
	    "i"(SIZEOF(S, M)))
#define INTEGER(S, NAME, KIND, M)                                                            \
	ASM("member " #S "." NAME " " KIND " %0 %1 %2", "i"(__builtin_offsetof(abi_##S, M)), \
	    "i"(SIZEOF(S, M)), "i"((__typeof__(((abi_##S *)0)->M))-1 < 1))
#define VALUE_OF(KIND, NAME, E)                                 \
	ASM(KIND " " NAME " %0 %1 %2 %3", "i"(NEGATIVE(E)),     \
	    "i"((int)(MAGNITUDE(E) / 1000000000 / 1000000000)), \
	    "i"((int)(MAGNITUDE(E) / 1000000000 % 1000000000)), \
	    "i"((int)(MAGNITUDE(E) % 1000000000)))
#define WHOLE(KIND, S) ASM(KIND " " #S " %0 %1", "i"(sizeof(abi_##S)), "i"(__alignof__(abi_##S)))

#define STRUCT(S, U, D)                   \
	typedef struct TAG(S, U) abi_##S; \
	WHOLE("struct", S)
#define UNION(S, U, D)                   \
	typedef union TAG(S, U) abi_##S; \
	WHOLE("union", S)
#define MEMBER(S, M, D) INTEGER(S, #M, "integer", M)
#ifdef LAYER_UAPI
#define MEMBER__(S, M, D) INTEGER(S, #M, "integer", M)
#else
#define MEMBER__(S, M, D)                \
	INTEGER(S, #M, "integer", __##M) \
	INTEGER(S, #M, "integer", M)     \
	INTEGER(S, #M, "integer", _##M)
#endif
#define TIME(S, M, D) INTEGER(S, #M, "integer", M)
#define NESTED(S, M, T, D) LAYOUT(S, #M, M, "struct")
#define TEXT(S, M, D) LAYOUT(S, #M, M, "array")
#define POINTER(S, T, M, D)                                                               \
	ASM("member " #S "." #M " pointer %0 %1 %2", "i"(__builtin_offsetof(abi_##S, M)), \
	    "i"(SIZEOF(S, M)),                                                            \
	    "i"(__builtin_types_compatible_p(__typeof__(((abi_##S *)0)->M), T *)))
#define PAD(S, M) LAYOUT(S, #M, M, "pad")
#define GONE(S, M) LAYOUT(S, #M, M, "gone")
#define TARGET(C, D) VALUE_OF("const", #C, C)
#define CONST(C, D) VALUE_OF("const", #C, C)
#ifdef LAYER_UAPI
#define KERNEL_CONST(C, D) VALUE_OF("const", #C, C)
#else
#define TYPE(T) ASM("type " #T " %0 %1", "i"(sizeof(T)), "i"((T)-1 < 1))
#endif
#define FUNCTION(R, F, P, A) VALUE_OF("syscall", #F, NUMBER(F))
#define SYSCALL(N) VALUE_OF("syscall", #N, NUMBER(N))
#include "sysvipc.def"

/* Times in two words, which other users of TIME do not see. */
#define STRUCT(S, U, D) typedef struct TAG(S, U) abi_##S;
#define TIME(S, M, D)                                       \
	INTEGER(S, #M "_high", "integer", HIDDEN(M##_high)) \
	INTEGER(S, #M "_high", "integer", __##M##_hi)       \
	INTEGER(S, #M "_low", "low", __##M##_lo)
#include "sysvipc.def"
