/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/*
 * Expands the table to C statements, one fact a line, for `dump`.  dump preprocesses this
 * file without any system header, so every name stays as the table has it.  The target's
 * compiler then compiles the result with the headers of a layer, and dump reads the numbers
 * out of the assembly output; no code runs on the target.  If a name is undeclared, the
 * fact is absent.  If a value is not a constant (glibc's SHMLBA calls a function), the fact
 * is known at run time only.
 *
 * Some targets print a mark before a number ($, #) and not all of them have %c to suppress
 * it, so `dump` strips the marks.  The facts are .ascii directives, not comments, because
 * clang's assembler parses the text, unlike gcc.  Numbers are split into three parts of
 * nine digits because a 32-bit target has no 64-bit operands.
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

/* The two words of a 32-bit target's time; other users of TIME do not see them. */
#define STRUCT(S, U, D) typedef struct TAG(S, U) abi_##S;
#define TIME(S, M, D)                                       \
	INTEGER(S, #M "_high", "integer", HIDDEN(M##_high)) \
	INTEGER(S, #M "_high", "integer", __##M##_hi)       \
	INTEGER(S, #M "_low", "low", __##M##_lo)
#include "sysvipc.def"
