/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/*
 * ipc-memory-mutants: mistakes of C programs; a tool must catch each of them.
 *
 *	ipc-memory-mutants list	prints the names, one a line
 *	ipc-memory-mutants NAME	makes that mistake, in a new IPC namespace
 *
 * A row of the table is one mistake.  A message has a text of 13 bytes in a buffer of exactly
 * that size, on the heap, on the stack, or in a global variable.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "stress/stress.h"

enum { TEXT = 13, HEAD = sizeof(long), BUFFER = HEAD + TEXT, NSEMS = 5 };

enum place { heap, stack, global };
/* The message has msgsz bytes or is shorter; the call goes through libc or is a raw system call. */
enum how { send, receive, receive_short, raw_send, raw_receive, raw_receive_short };

struct mutant {
	const char *name;
	void (*make)(const struct mutant *mutant);
	int how, place, over;
};

static const struct ipc_calls *const ipc = &libc_calls;

/* ---- objects and messages ------------------------------------------- */

static int new_queue(void)
{
	const int msqid = ipc->msgget(IPC_PRIVATE, 0600);

	require(msqid != -1, "msgget: %s", strerror(errno));
	return msqid;
}

static int new_set(void)
{
	const int semid = ipc->semget(IPC_PRIVATE, NSEMS, 0600);

	require(semid != -1, "semget: %s", strerror(errno));
	return semid;
}

static int new_segment(void)
{
	const int shmid = ipc->shmget(IPC_PRIVATE, 4096, 0600);

	require(shmid != -1, "shmget: %s", strerror(errno));
	return shmid;
}

static void remove_queue(int msqid)
{
	ipc->msgctl(msqid, IPC_RMID, NULL);
}

static void remove_set(int semid)
{
	ipc->semctl(semid, 0, IPC_RMID, (union semun){0});
}

static void remove_segment(int shmid)
{
	ipc->shmctl(shmid, IPC_RMID, NULL);
}

/* Sends a message without a mistake. */
static void send_text(int msqid, const void *text, size_t size)
{
	const long mtype = 1;
	char *msgp = exactly(HEAD + size);

	memcpy(msgp, &mtype, HEAD);
	memcpy(msgp + HEAD, text, size);
	require(ipc->msgsnd(msqid, msgp, size, 0) == 0, "msgsnd: %s", strerror(errno));
	free(msgp);
}

/* ---- sizes of messages ------------------------------------------------------------ */

static char global_buffer[BUFFER];

static void mtext(const struct mutant *d)
{
	const struct ipc_calls *calls = d->how >= raw_send ? &raw_calls : &libc_calls;
	const size_t msgsz = (size_t)TEXT + (size_t)d->over;
	const int msqid = new_queue();
	const long mtype = 1;
	char stack_buffer[BUFFER];
	char *heap_buffer = exactly(BUFFER);
	char *msgp = d->place == heap	 ? heap_buffer
		     : d->place == stack ? stack_buffer
					 : global_buffer;

	memset(msgp, 'x', BUFFER);
	memcpy(msgp, &mtype, HEAD);
	if (d->how == receive || d->how == raw_receive)
		send_text(msqid, pattern(0), msgsz);
	else
		send_text(msqid, pattern(0), 1);
	if (d->how == send || d->how == raw_send)
		calls->msgsnd(msqid, msgp, msgsz, 0);
	else
		calls->msgrcv(msqid, msgp, msgsz, 0, 0);
	free(heap_buffer);
	remove_queue(msqid);
}

/* The wrapper of 2003 used the declared structure, which has one byte of text. */
static void swig_size_1(const struct mutant *d)
{
	struct msgbuf *msgp = exactly(HEAD + sizeof(msgp->mtext));
	const int msqid = new_queue();

	(void)d;
	send_text(msqid, pattern(0), 64);
	ipc->msgrcv(msqid, msgp, 64, 0, 0);
	free(msgp);
	remove_queue(msqid);
}

/* That wrapper sent strlen() bytes; strlen() overruns a text without a zero byte. */
static void swig_strlen(const struct mutant *d)
{
	char *msgp = exactly(BUFFER);
	const int msqid = new_queue();

	(void)d;
	memset(msgp, 'x', BUFFER);
	send_text(msqid, msgp + HEAD, strlen(msgp + HEAD));
	free(msgp);
	remove_queue(msqid);
}

/* strlen() also cuts a text at its first zero byte. */
static void nul_cut(const struct mutant *d)
{
	static const char text[] = "before\0behind";
	char msgp[HEAD + sizeof(text)];
	const int msqid = new_queue();

	(void)d;
	send_text(msqid, text, strlen(text));
	const ssize_t n = ipc->msgrcv(msqid, msgp, sizeof(text), 0, 0);
	require(n == sizeof(text) && memcmp(msgp + HEAD, text, sizeof(text)) == 0,
		"%zd bytes arrived of %zu", n, sizeof(text));
	remove_queue(msqid);
}

static void after_free(const struct mutant *d)
{
	const struct ipc_calls *calls = d->how >= raw_send ? &raw_calls : &libc_calls;
	const int msqid = new_queue();
	char *volatile msgp = exactly(BUFFER);
	const long mtype = 1;

	memset(msgp, 'x', BUFFER);
	memcpy(msgp, &mtype, HEAD);
	send_text(msqid, pattern(0), 1);
	free(msgp);
	if (d->how == send || d->how == raw_send)
		calls->msgsnd(msqid, msgp, TEXT, 0);
	else
		calls->msgrcv(msqid, msgp, TEXT, 0, 0);
	remove_queue(msqid);
}

/* ---- bytes without a value ----------------------------------------------------------- */

static void mtype_unset(const struct mutant *d)
{
	const struct ipc_calls *calls = d->how >= raw_send ? &raw_calls : &libc_calls;
	const int msqid = new_queue();
	char *msgp = exactly(BUFFER);

	memset(msgp + HEAD, 'x', TEXT);
	calls->msgsnd(msqid, msgp, TEXT, 0);
	free(msgp);
	remove_queue(msqid);
}

static void text_unset(const struct mutant *d)
{
	const struct ipc_calls *calls = d->how >= raw_send ? &raw_calls : &libc_calls;
	const int msqid = new_queue();
	char *msgp = exactly(BUFFER);
	const long mtype = 1;

	memcpy(msgp, &mtype, HEAD);
	memset(msgp + HEAD, 'x', TEXT - 1);
	calls->msgsnd(msqid, msgp, TEXT, 0);
	free(msgp);
	remove_queue(msqid);
}

/* The members are set one by one, so the padding between them is uninitialized. */
static void padding_sent(const struct mutant *d)
{
	const struct ipc_calls *calls = d->how >= raw_send ? &raw_calls : &libc_calls;
	const int msqid = new_queue();
	struct {
		long mtype;
		char letter;
		long number;
	} *msgp = exactly(sizeof(*msgp));

	msgp->mtype = 1;
	msgp->letter = 'x';
	msgp->number = 2;
	calls->msgsnd(msqid, msgp, sizeof(*msgp) - HEAD, 0);
	free(msgp);
	remove_queue(msqid);
}

static void sembuf_unset(const struct mutant *d)
{
	const int semid = new_set();
	struct sembuf *sops = exactly(sizeof(*sops));

	(void)d;
	sops->sem_num = 0;
	sops->sem_op = 1;
	ipc->semop(semid, sops, 1);
	free(sops);
	remove_set(semid);
}

static void set_unset(const struct mutant *d)
{
	const int msqid = new_queue();
	struct msqid_ds *ds = exactly(sizeof(*ds));

	(void)d;
	ds->msg_perm.mode = 0600;
	ipc->msgctl(msqid, IPC_SET, ds);
	free(ds);
	remove_queue(msqid);
}

static void setall_unset(const struct mutant *d)
{
	const int semid = new_set();
	unsigned short *values = exactly(NSEMS * sizeof(*values));

	(void)d;
	memset(values, 0, (NSEMS - 1) * sizeof(*values));
	ipc->semctl(semid, 0, SETALL, (union semun){.array = values});
	free(values);
	remove_set(semid);
}

/* ---- arrays and structures that are too short ------------------------------------------- */

static unsigned short global_values[NSEMS - 1];

static void all_short(const struct mutant *d)
{
	const int semid = new_set();
	unsigned short stack_values[NSEMS - 1], *heap_values = exactly(sizeof(stack_values));
	unsigned short *values = d->place == heap    ? heap_values
				 : d->place == stack ? stack_values
						     : global_values;

	memset(values, 0, sizeof(stack_values));
	ipc->semctl(semid, 0, d->how, (union semun){.array = values});
	free(heap_values);
	remove_set(semid);
}

static void sops_short(const struct mutant *d)
{
	const int semid = new_set();
	struct sembuf stack_sops[NSEMS - 1], *heap_sops = exactly(sizeof(stack_sops));
	struct sembuf *sops = d->place == heap ? heap_sops : stack_sops;

	for (int i = 0; i < NSEMS - 1; i++)
		sops[i] = (struct sembuf){(unsigned short)i, 1, IPC_NOWAIT};
	/* The bytes after the array may be an operation that waits for ever. */
	alarm(2);
	if (d->how == send)
		ipc->semop(semid, sops, NSEMS);
	else
		ipc->semtimedop(semid, sops, NSEMS, &(struct timespec){0});
	free(heap_sops);
	remove_set(semid);
}

static void timeout_short(const struct mutant *d)
{
	const int semid = new_set();
	struct sembuf sop = {.sem_op = 1};
	time_t *seconds = exactly(sizeof(*seconds));

	(void)d;
	*seconds = 1;
	ipc->semtimedop(semid, &sop, 1, (const struct timespec *)seconds);
	free(seconds);
	remove_set(semid);
}

/* Passes the address of the union instead of the union. */
static void semun_address(const struct mutant *d)
{
	const int semid = new_set();
	union semun stack_arg = {.val = 0}, *heap_arg = exactly(sizeof(*heap_arg));

	memset(heap_arg, 0, sizeof(*heap_arg));
	ipc->semctl(semid, 0, IPC_STAT,
		    (union semun){.buf = d->place == heap ? (void *)heap_arg : &stack_arg});
	free(heap_arg);
	remove_set(semid);
}

/* For each command with a structure in the table, a buffer that is one byte too short. */
enum command {
	no_command,
#define SHORT_IN(F, C) SHORT_##F##_##C,
#define SHORT_OUT(F, C) SHORT_##F##_##C,
#define SHORT_NONE(F, C)
#define SHORT_VALUE(F, C)
#define SHORT_ARRAY_IN(F, C)
#define SHORT_ARRAY_OUT(F, C)
#define CONTROL(F, C, W, K) SHORT_##W(F, C)
#include "interface/sysvipc.def"
};

static void structure_short(const struct mutant *d)
{
	const int msqid = new_queue(), semid = new_set(), shmid = new_segment();
	char *buf = NULL;

	switch (d->how) {
#undef SHORT_IN
#undef SHORT_OUT
#define SHORT_IN(F, C, K)                             \
	case SHORT_##F##_##C:                         \
		buf = exactly(sizeof(struct K) - 1);  \
		memset(buf, 0, sizeof(struct K) - 1); \
		CALL_##F(C);                          \
		break;
#define SHORT_OUT SHORT_IN
#undef SHORT_NONE
#undef SHORT_VALUE
#undef SHORT_ARRAY_IN
#undef SHORT_ARRAY_OUT
#define SHORT_NONE(F, C, K)
#define SHORT_VALUE SHORT_NONE
#define SHORT_ARRAY_IN SHORT_NONE
#define SHORT_ARRAY_OUT SHORT_NONE
#define CALL_msgctl(C) ipc->msgctl(msqid, C, (struct msqid_ds *)buf)
#define CALL_semctl(C) ipc->semctl(semid, 0, C, (union semun){.buf = (struct semid_ds *)buf})
#define CALL_shmctl(C) ipc->shmctl(shmid, C, (struct shmid_ds *)buf)
#define CONTROL(F, C, W, K) SHORT_##W(F, C, K)
#include "interface/sysvipc.def"
	}
	free(buf);
	remove_queue(msqid);
	remove_set(semid);
	remove_segment(shmid);
}

/* ---- attachments -------------------------------------------------------------------------- */

static void after_shmdt(const struct mutant *d)
{
	const int shmid = new_segment();
	volatile char *memory = ipc->shmat(shmid, NULL, 0);

	(void)d;
	remove_segment(shmid);
	ipc->shmdt((const void *)memory);
	memory[0] = 1;
}

static void write_readonly(const struct mutant *d)
{
	const int shmid = new_segment();
	volatile char *memory = ipc->shmat(shmid, NULL, SHM_RDONLY);

	(void)d;
	remove_segment(shmid);
	memory[0] = 1;
}

static void forgotten_detach(const struct mutant *d)
{
	const int shmid = new_segment();

	(void)d;
	ipc->shmat(shmid, NULL, 0);
	remove_segment(shmid);
}

static void forgotten_rmid(const struct mutant *d)
{
	(void)d;
	if (d->how == 'm')
		new_queue();
	else if (d->how == 's')
		new_set();
	else
		new_segment();
}

/* ---- threads ----------------------------------------------------------------------------------
 */

enum mistake { unlocked, other_lock, early_unlock, early_message };

struct common {
	enum mistake mistake;
	int semid, msqid;
	unsigned counter;
};

static void change(const struct common *common, short op, unsigned short num)
{
	struct sembuf sop = {num, op, 0};
	int result;

	uninterrupted(result, ipc->semop(common->semid, &sop, 1));
}

static void count(struct worker *worker)
{
	struct common *common = worker->context;
	const bool other = common->mistake == other_lock;

	for (int i = 0; i < 100; i++) {
		if (common->mistake != unlocked)
			change(common, -1, other ? (unsigned short)worker->index : 0);
		if (common->mistake == early_unlock)
			change(common, 1, 0);
		common->counter++;
		if (common->mistake == other_lock)
			change(common, 1, (unsigned short)worker->index);
	}
}

/* The message that announces a value is sent before the value is written. */
static void announce(struct worker *worker)
{
	struct common *common = worker->context;
	char msgp[BUFFER];

	if (worker->index == 0) {
		send_text(common->msqid, pattern(0), TEXT);
		common->counter = 1;
	} else {
		ipc->msgrcv(common->msqid, msgp, TEXT, 0, 0);
		common->counter++;
	}
}

static void threads(const struct mutant *d)
{
	struct common common = {(enum mistake)d->how, new_set(), new_queue(), 0};
	struct round round = {.ipc = ipc};
	unsigned short ones[NSEMS] = {1, 1, 1, 1, 1};

	ipc->semctl(common.semid, 0, SETALL, (union semun){.array = ones});
	run_workers(&round, 2, d->how == early_message ? announce : count, &common);
	remove_set(common.semid);
	remove_queue(common.msqid);
}

/* A process is killed while it holds a semaphore, without SEM_UNDO. */
static void no_undo(const struct mutant *d)
{
	const int semid = new_set();
	struct sembuf sop = {.sem_op = -1};
	const pid_t pid = fork_child();

	(void)d;
	if (pid == 0) {
		ipc->semop(semid, &(struct sembuf){.sem_op = 1}, 1);
		ipc->semop(semid, &sop, 1);
		kill_itself();
	}
	await_child(pid, true);
	require(ipc->semctl(semid, 0, GETVAL, (union semun){0}) == 1,
		"the semaphore was not given back");
	remove_set(semid);
}

/* ---- the table ----------------------------------------------------------------------------------
 */

#define MTEXT(HOW, PLACE, OVER) {"mtext." #HOW "." #PLACE "." #OVER, mtext, HOW, PLACE, OVER},
#define OVERS(HOW, PLACE) \
	MTEXT(HOW, PLACE, 1) MTEXT(HOW, PLACE, 8) MTEXT(HOW, PLACE, 9) MTEXT(HOW, PLACE, 4096)
#define PLACES(HOW) OVERS(HOW, heap) OVERS(HOW, stack) OVERS(HOW, global)

static const struct mutant mutants[] = {
	/* clang-format off */
	PLACES(send) PLACES(receive) PLACES(receive_short)
	OVERS(raw_send, heap) OVERS(raw_receive, heap) OVERS(raw_receive_short, heap)
	/* clang-format on */
	{"mtext.swig.size_1", swig_size_1, 0, 0, 0},
	{"mtext.swig.strlen", swig_strlen, 0, 0, 0},
	{"mtext.nul_cut", nul_cut, 0, 0, 0},
	{"freed.send", after_free, send, 0, 0},
	{"freed.receive", after_free, receive, 0, 0},
	{"freed.raw_send", after_free, raw_send, 0, 0},
	{"freed.raw_receive", after_free, raw_receive, 0, 0},
	{"unset.mtype", mtype_unset, send, 0, 0},
	{"unset.mtype.raw", mtype_unset, raw_send, 0, 0},
	{"unset.mtext", text_unset, send, 0, 0},
	{"unset.mtext.raw", text_unset, raw_send, 0, 0},
	{"unset.padding", padding_sent, send, 0, 0},
	{"unset.padding.raw", padding_sent, raw_send, 0, 0},
	{"unset.sembuf", sembuf_unset, 0, 0, 0},
	{"unset.ipc_set", set_unset, 0, 0, 0},
	{"unset.setall", setall_unset, 0, 0, 0},
	{"short.getall.heap", all_short, GETALL, heap, 0},
	{"short.getall.stack", all_short, GETALL, stack, 0},
	{"short.getall.global", all_short, GETALL, global, 0},
	{"short.setall.heap", all_short, SETALL, heap, 0},
	{"short.setall.stack", all_short, SETALL, stack, 0},
	{"short.semop.heap", sops_short, send, heap, 0},
	{"short.semop.stack", sops_short, send, stack, 0},
	{"short.semtimedop.heap", sops_short, receive, heap, 0},
	{"short.timeout", timeout_short, 0, 0, 0},
	{"short.semun_address.heap", semun_address, 0, heap, 0},
	{"short.semun_address.stack", semun_address, 0, stack, 0},
#undef SHORT_IN
#define SHORT_IN(F, C, K) {"short." #F "." #C, structure_short, SHORT_##F##_##C, 0, 0},
#define CONTROL(F, C, W, K) SHORT_##W(F, C, K)
#include "interface/sysvipc.def"
	{"shm.after_shmdt", after_shmdt, 0, 0, 0},
	{"shm.write_readonly", write_readonly, 0, 0, 0},
	{"left.attachment", forgotten_detach, 0, 0, 0},
	{"left.queue", forgotten_rmid, 'm', 0, 0},
	{"left.set", forgotten_rmid, 's', 0, 0},
	{"left.segment", forgotten_rmid, 'h', 0, 0},
	{"left.semaphore_taken", no_undo, 0, 0, 0},
	{"race.unlocked", threads, unlocked, 0, 0},
	{"race.other_semaphore", threads, other_lock, 0, 0},
	{"race.early_unlock", threads, early_unlock, 0, 0},
	{"race.early_message", threads, early_message, 0, 0},
};

int main(int argc, char **argv)
{
	const struct mutant *d = NULL;

	if (argc == 2 && strcmp(argv[1], "list") == 0) {
		for (unsigned i = 0; i < sizeof(mutants) / sizeof(mutants[0]); i++)
			puts(mutants[i].name);
		return 0;
	}
	for (unsigned i = 0; argc == 2 && i < sizeof(mutants) / sizeof(mutants[0]); i++)
		if (strcmp(mutants[i].name, argv[1]) == 0)
			d = &mutants[i];
	if (!d) {
		fprintf(stderr, "usage: ipc-memory-mutants {list|NAME}\n");
		return 2;
	}
	if (!frame_begin(d->name))
		return 2;
	d->make(d);
	frame_end();
	return 0;
}
