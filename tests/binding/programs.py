# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""C programs for the tests: facts about <sys/msg.h>, <sys/sem.h> and <sys/shm.h>, and helpers.

    CC=... programs.py FOLDER      builds them for a machine that has no compiler

On such a machine, IPC_TEST_PROGRAMS is the folder with the programs.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

# ---- facts from the compiler -----------------------------------------------------------

# Members by their names in the manual pages: msgctl(2), semctl(2), shmctl(2), msgop(2), semop(2),
# sysvipc(7); a member has two leading underscores if it has them in the headers.
STRUCTURES = {
    "ipc_perm": "__key uid gid cuid cgid mode __seq",
    "msqid_ds": "msg_perm msg_stime msg_rtime msg_ctime __msg_cbytes msg_qnum msg_qbytes"
    " msg_lspid msg_lrpid",
    "msgbuf": "mtype mtext",
    "msginfo": "msgpool msgmap msgmax msgmnb msgmni msgssz msgtql msgseg",
    "semid_ds": "sem_perm sem_otime sem_ctime sem_nsems",
    "sembuf": "sem_num sem_op sem_flg",
    "seminfo": "semmap semmni semmns semmnu semmsl semopm semume semusz semvmx semaem",
    "semun": "val buf array __buf",
    "shmid_ds": "shm_perm shm_segsz shm_atime shm_dtime shm_ctime shm_cpid shm_lpid shm_nattch",
    "shminfo": "shmmax shmmin shmmni shmseg shmall",
    "shm_info": "used_ids shm_tot shm_rss shm_swp swap_attempts swap_successes",
}
NESTED = {"msg_perm", "sem_perm", "shm_perm"}
MEMBERS = [(name, member) for name, row in STRUCTURES.items() for member in row.split()]
INTEGERS = [
    (name, member)
    for name, member in MEMBERS
    if name != "semun" and member not in NESTED | {"mtext"}
]


class Fact(NamedTuple):
    """Offset, size and signedness of a member, from the C compiler."""

    offset: int
    size: int
    signed: bool

    @property
    def part(self) -> slice:
        """The bytes of the member in the structure."""
        return slice(self.offset, self.offset + self.size)

    @property
    def range(self) -> tuple[int, int]:
        bits = 8 * self.size
        return (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if self.signed else (0, 2**bits - 1)


class Facts(NamedTuple):
    size: dict[str, int]
    member: dict[tuple[str, str], Fact]


FACTS = r"""
#define _GNU_SOURCE
#include <stddef.h>
#include <stdio.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
union semun { int val; struct semid_ds *buf; unsigned short *array; struct seminfo *__buf; };
#define SIZE(T, S) printf("%s %zu\n", #S, sizeof(T S));
#define MEMBER(T, S, M, SIGNED) \
    printf("%s %s %zu %zu %d\n", #S, #M, offsetof(T S, M), sizeof(((T S *)0)->M), SIGNED);
#define SIGN(T, S, M) ((__typeof__(((T S *)0)->M))-1 < 1)
int main(void) { @ return 0; }
"""


def facts_program() -> str:
    """A program that prints sizes, offsets, and which members are signed."""
    kind = {name: "union" if name == "semun" else "struct" for name in STRUCTURES}
    lines = [f"SIZE({kind[name]}, {name})" for name in STRUCTURES]
    for name, member in MEMBERS:
        sign = f"SIGN({kind[name]}, {name}, {member})" if (name, member) in INTEGERS else "0"
        lines.append(f"MEMBER({kind[name]}, {name}, {member}, {sign})")
    return FACTS.replace("@", "\n".join(lines))


def facts_of(printed: str) -> Facts:
    facts = Facts({}, {})
    for words in map(str.split, printed.splitlines()):
        if len(words) == 2:
            facts.size[words[0]] = int(words[1])
        else:
            fact = Fact(int(words[2]), int(words[3]), words[4] == "1")
            facts.member[words[0], words[1]] = fact
    return facts


# ---- programs -----------------------------------------------------------------------------

# LD_PRELOAD loads this library.  It replaces a set by a larger one after IPC_STAT has returned the
# number of its semaphores, as another process could do between two system calls.
REPLACER = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/sem.h>

union semun { int val; struct semid_ds *buf; unsigned short *array; };

static void replace(int semid, int (*real)(int, int, int, ...))
{
    FILE *next_id = fopen("/proc/sys/kernel/sem_next_id", "w");
    if (real(semid, 0, IPC_RMID) != 0 || fprintf(next_id, "%d", semid) < 0 ||
        fclose(next_id) != 0 || semget(IPC_PRIVATE, 30000, 0600) != semid)
        abort();
}

int semctl(int semid, int semnum, int cmd, ...)
{
    int (*real)(int, int, int, ...) = (int (*)(int, int, int, ...))dlsym(RTLD_NEXT, "semctl");
    union semun arg;
    va_list arguments;
    va_start(arguments, cmd);
    arg = va_arg(arguments, union semun);
    va_end(arguments);
    int result = real(semid, semnum, cmd, arg);
    if (result == 0 && cmd == IPC_STAT && arg.buf->sem_nsems == 2)
        replace(semid, real);
    return result;
}
"""

# For each program, its source and the options of the compiler.
PROGRAMS = {
    "facts": (facts_program(), ["-w"]),
    "replacer.so": (REPLACER, ["-shared", "-fPIC"]),
}


def build(name: str, folder: Path) -> Path | None:
    """Builds a program in the folder if it is missing; None if there is no compiler."""
    if "IPC_TEST_PROGRAMS" in os.environ:
        return Path(os.environ["IPC_TEST_PROGRAMS"], name)
    compiler = os.environ.get("CC", "cc").split()
    if not shutil.which(compiler[0]):
        return None
    source, options = PROGRAMS[name]
    command = [*compiler, *options, "-x", "c", "-o", str(folder / name), "-"]
    subprocess.run(command, input=source, text=True, check=True)
    return folder / name


if __name__ == "__main__":
    if not all([build(name, Path(sys.argv[1])) for name in PROGRAMS]):
        sys.exit("programs.py: there is no C compiler")
