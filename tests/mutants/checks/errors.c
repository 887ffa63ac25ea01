/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* For each errno of each function, a mutant that returns another errno. */
#include "mutants.h"

#define ARGUMENTS(...) __VA_ARGS__
#define FUNCTION(R, F, P, A)                                             \
	static R other_error_##F THROUGH P                               \
	{                                                                \
		R result = t->real->F A;                                 \
		if ((intptr_t)result == -1 && errno == t->mutant->error) \
			errno = t->mutant->instead;                      \
		return result;                                           \
	}
#include "interface/sysvipc.def"

#define ERROR(F, E, INSTEAD)                                                              \
	MUTANT(F##_##E, #F "." #E ".as_" #INSTEAD, #F " fails with " #INSTEAD " for " #E, \
	       .F = other_error_##F, .error = E, .instead = INSTEAD)

ERROR(msgget, EACCES, EPERM);
ERROR(msgget, EEXIST, ENOENT);
ERROR(msgget, ENOENT, EINVAL);
ERROR(msgget, ENOSPC, ENOMEM);

ERROR(msgsnd, EACCES, EPERM);
ERROR(msgsnd, EAGAIN, ENOMSG);
ERROR(msgsnd, EFAULT, EINVAL);
ERROR(msgsnd, EIDRM, EINVAL);
ERROR(msgsnd, EINTR, EAGAIN);
ERROR(msgsnd, EINVAL, E2BIG);

ERROR(msgrcv, E2BIG, EINVAL);
ERROR(msgrcv, EACCES, EPERM);
ERROR(msgrcv, EFAULT, EINVAL);
ERROR(msgrcv, EIDRM, EINVAL);
ERROR(msgrcv, EINTR, EAGAIN);
ERROR(msgrcv, EINVAL, EIDRM);
ERROR(msgrcv, ENOMSG, EAGAIN);

ERROR(msgctl, EACCES, EPERM);
ERROR(msgctl, EFAULT, EINVAL);
ERROR(msgctl, EINVAL, EIDRM);
ERROR(msgctl, EPERM, EACCES);

ERROR(semget, EACCES, EPERM);
ERROR(semget, EEXIST, ENOENT);
ERROR(semget, EINVAL, ENOSPC);
ERROR(semget, ENOENT, EINVAL);
ERROR(semget, ENOSPC, ENOMEM);

ERROR(semop, E2BIG, EINVAL);
ERROR(semop, EACCES, EPERM);
ERROR(semop, EAGAIN, EINTR);
ERROR(semop, EFAULT, EINVAL);
ERROR(semop, EFBIG, EINVAL);
ERROR(semop, EIDRM, EINVAL);
ERROR(semop, EINTR, EAGAIN);
ERROR(semop, EINVAL, EIDRM);
ERROR(semop, ERANGE, EINVAL);

ERROR(semtimedop, E2BIG, EINVAL);
ERROR(semtimedop, EAGAIN, ETIMEDOUT);
ERROR(semtimedop, EFAULT, EINVAL);
ERROR(semtimedop, EFBIG, EINVAL);
ERROR(semtimedop, EIDRM, EINVAL);
ERROR(semtimedop, EINTR, EAGAIN);
ERROR(semtimedop, EINVAL, EAGAIN);
ERROR(semtimedop, ERANGE, EINVAL);

ERROR(semctl, EACCES, EPERM);
ERROR(semctl, EFAULT, EINVAL);
ERROR(semctl, EINVAL, EIDRM);
ERROR(semctl, EPERM, EACCES);
ERROR(semctl, ERANGE, EINVAL);

ERROR(shmget, EACCES, EPERM);
ERROR(shmget, EEXIST, ENOENT);
ERROR(shmget, EINVAL, ENOSPC);
ERROR(shmget, ENOENT, EINVAL);
ERROR(shmget, ENOMEM, ENOSPC);
ERROR(shmget, ENOSPC, ENOMEM);
ERROR(shmget, EPERM, EACCES);

ERROR(shmat, EACCES, EPERM);
ERROR(shmat, EAGAIN, ENOMEM);
ERROR(shmat, EINVAL, EIDRM);
ERROR(shmdt, EINVAL, EFAULT);

ERROR(shmctl, EACCES, EPERM);
ERROR(shmctl, EFAULT, EINVAL);
ERROR(shmctl, EINVAL, EIDRM);
ERROR(shmctl, ENOMEM, EPERM);
ERROR(shmctl, EPERM, EACCES);
