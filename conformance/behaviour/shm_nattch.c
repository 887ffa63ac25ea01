/* shmop(2), shmat and shmdt: what IPC_STAT says of it. */
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

#include "behaviour/objects.h"

static int new_segment(const struct ipc_calls *ipc)
{
	return must(ipc->shmget(IPC_PRIVATE, 1, 0600));
}

CHECK("shmat.fields", LIBC | RAW, 0,
      "attaching counts in shm_nattch and sets shm_atime and shm_lpid", "shmop(2)")
{
	int shmid = new_segment(ipc);
	time_t before = kernel_time();

	attach(ipc, shmid, NULL, 0);
	attach(ipc, shmid, NULL, SHM_RDONLY);
	struct shmid_ds ds = shm_state(shmid);
	expect_eq(2, ds.shm_nattch);
	expect_between(before, kernel_time(), ds.shm_atime);
	expect_eq(getpid(), ds.shm_lpid);
	expect_eq(0, ds.shm_dtime);
}

CHECK("shmdt.fields", LIBC | RAW, 0,
      "detaching counts in shm_nattch and sets shm_dtime and shm_lpid", "shmop(2)")
{
	int shmid = new_segment(ipc);
	char *address = attach(ipc, shmid, NULL, 0);
	time_t before = kernel_time();
	pid_t pid;

	attach(ipc, shmid, NULL, 0);
	CHILD (pid)
		expect_eq(0, ipc->shmdt(address));
	child_join(pid);
	expect_eq(0, ipc->shmdt(address));
	struct shmid_ds ds = shm_state(shmid);
	expect_eq(1, ds.shm_nattch);
	expect_between(before, kernel_time(), ds.shm_dtime);
	expect_eq(getpid(), ds.shm_lpid);
	expect_eq(getpid(), ds.shm_cpid);
}

CHECK("shmat.last_process", LIBC | RAW, 0, "shm_lpid is the process that attached last",
      "shmop(2), shm_lpid")
{
	int shmid = new_segment(ipc);
	pid_t pid;

	attach(ipc, shmid, NULL, 0);
	CHILD (pid) {
		must(ipc->shmdt(attach(ipc, shmid, NULL, 0)));
		expect_eq(getpid(), shm_state(shmid).shm_lpid);
	}
	child_join(pid);
	expect_eq(getpid(), shm_state(shmid).shm_cpid);
}

CHECK("shmat.nattch.fork", LIBC | RAW, NEED_PROC,
      "a child inherits attachments, and detaches them as it ends", "shmop(2), NOTES; fork(2)")
{
	int shmid = new_segment(ipc);
	pid_t pid;

	attach(ipc, shmid, NULL, 0);
	attach(ipc, shmid, NULL, 0);
	CHILD (pid) {
		catch_signal(SIGUSR1, 0);
		block(ipc);
	}
	await_blocked(pid);
	shm_expect_nattch(4, shmid);
	interrupt(pid);
	shm_expect_nattch(2, shmid);
}

CHECK("shmat.nattch.exit", LIBC | RAW, 0, "a process that ends detaches its segments",
      "shmop(2), NOTES; _exit(2)")
{
	int shmid = new_segment(ipc);
	time_t before = kernel_time();
	pid_t pid;

	CHILD (pid) {
		attach(ipc, shmid, NULL, 0);
		shm_expect_nattch(1, shmid);
	}
	child_join(pid);
	shm_expect_nattch(0, shmid);
	expect_eq(pid, shm_state(shmid).shm_lpid);
	expect_between(before, kernel_time(), shm_state(shmid).shm_dtime);
}

CHECK("shmat.nattch.kill", LIBC | RAW, NEED_PROC, "a process that is killed detaches its segments",
      "shmop(2), NOTES; signal(7), SIGKILL")
{
	int shmid = new_segment(ipc);
	pid_t pid;

	CHILD (pid) {
		attach(ipc, shmid, NULL, 0);
		block(ipc);
	}
	await_blocked(pid);
	shm_expect_nattch(1, shmid);
	must(kill(pid, SIGKILL));
	child_join_signal(pid, SIGKILL);
	shm_expect_nattch(0, shmid);
}

CHECK("shmat.nattch.exec", LIBC | RAW, NEED_PROC,
      "a process that executes another program detaches its segments", "shmop(2), NOTES; execve(2)")
{
	int shmid = new_segment(ipc), status;
	char *argv[] = {(char[]){"exec"}, NULL};
	pid_t pid;

	CHILD (pid) {
		attach(ipc, shmid, NULL, 0);
		if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) == -1)
			skip("no ptrace");
		must(execv("/proc/self/exe", argv));
	}
	/* The program stops before its first instruction, and is not needed. */
	must(waitpid(pid, &status, 0));
	if (!WIFSTOPPED(status))
		return;
	shm_expect_nattch(0, shmid);
	must(kill(pid, SIGKILL));
	child_join_signal(pid, SIGKILL);
}

CHECK("shmat.nattch.mprotect", LIBC | RAW, 0,
      "parts of a segment with other protection, made and undone, do not keep it attached",
      "kernel commit fc0c8f9089c2")
{
	static const int orders[][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
					{1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
	const size_t page = page_size();
	int shmid = must(ipc->shmget(IPC_PRIVATE, 3 * page, 0600));

	for (unsigned i = 0; i < sizeof(orders) / sizeof(orders[0]); i++) {
		char *address = attach(ipc, shmid, NULL, 0);
		for (int j = 0; j < 3; j++)
			must(mprotect(address + (size_t)orders[i][j] * page, page, PROT_READ));
		for (int j = 0; j < 3; j++)
			must(mprotect(address + (size_t)orders[i][j] * page, page,
				      PROT_READ | PROT_WRITE));
		expect(shm_state(shmid).shm_nattch >= 1);
		expect_eq(0, ipc->shmdt(address));
		shm_expect_nattch(0, shmid);
	}
}

CHECK("shmat.nattch.neighbours", LIBC | RAW, 0,
      "two attachments side by side, made alike and unmapped together, are both detached",
      "kernel commit fc0c8f9089c2")
{
	const size_t page = page_size(), step = page > (size_t)SHMLBA ? page : (size_t)SHMLBA;
	int shmid = must(ipc->shmget(IPC_PRIVATE, step, 0600));
	char *place = shm_free_place(2 * step / page);

	attach(ipc, shmid, place, 0);
	attach(ipc, shmid, place + step, SHM_RDONLY);
	must(mprotect(place, step, PROT_READ));
	must(mprotect(place + step, step, PROT_NONE));
	must(mprotect(place, 2 * step, PROT_READ));
	must(munmap(place, 2 * step));
	shm_expect_nattch(0, shmid);
}
