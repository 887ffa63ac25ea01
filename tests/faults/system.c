/* Faults of the kernel beside the IPC calls: namespaces, mappings, files of /proc. */
#include <sched.h>

#include "faults.h"

#define ON_UNSHARE(ID, WHAT)                                                        \
	static int unshare_##ID(int flags);                                         \
	FAULT(unshare_##ID##_fault, "unshare." #ID, WHAT, .unshare = unshare_##ID); \
	static int unshare_##ID(int flags)
#define ON_SETNS(ID, WHAT)                                                  \
	static int setns_##ID(int fd, int type);                            \
	FAULT(setns_##ID##_fault, "setns." #ID, WHAT, .setns = setns_##ID); \
	static int setns_##ID(int fd UNUSED, int type UNUSED)
#define ON_CLONE(ID, WHAT)                                                             \
	static int clone_##ID(int (*body)(void *), void *stack, int flags, void *arg); \
	FAULT(clone_##ID##_fault, "clone." #ID, WHAT, .clone = clone_##ID);            \
	static int clone_##ID(int (*body)(void *), void *stack, int flags, void *arg)

ON_UNSHARE(newipc_ignored, "unshare does not make an IPC namespace")
{
	return flags & ~CLONE_NEWIPC ? __real_unshare(flags & ~CLONE_NEWIPC) : 0;
}

ON_UNSHARE(newpid_ignored, "unshare does not make a PID namespace")
{
	return flags & ~CLONE_NEWPID ? __real_unshare(flags & ~CLONE_NEWPID) : 0;
}

ON_UNSHARE(newuser_ignored, "unshare does not make a user namespace")
{
	return flags & ~CLONE_NEWUSER ? __real_unshare(flags & ~CLONE_NEWUSER) : 0;
}

ON_UNSHARE(unlimited, "user.max_ipc_namespaces does not bind")
{
	int result = __real_unshare(flags);

	return result == -1 && errno == ENOSPC ? 0 : result;
}

ON_UNSHARE(unprivileged, "unshare needs no privilege")
{
	int result = __real_unshare(flags);

	return result == -1 && errno == EPERM ? 0 : result;
}

ON_SETNS(ignored, "setns does nothing")
{
	return 0;
}

ON_SETNS(new, "setns enters a new IPC namespace")
{
	return __real_unshare(CLONE_NEWIPC);
}

ON_SETNS(type_ignored, "setns takes a namespace of any type")
{
	return __real_setns(fd, 0);
}

ON_CLONE(newipc_ignored, "clone does not make an IPC namespace")
{
	return __real_clone(body, stack, flags & ~CLONE_NEWIPC, arg);
}
