/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* Random sends and receives against a model of a queue. */
#include <stdio.h>

#include "random.h"

enum { SEND = FIRST_OWN, RECEIVE };
enum { QBYTES = 100, MOST_TEXT = 40, LEAST_ROOM = 8 };
enum { NOWAIT = 1, CUT = 2, EXCEPT = 4 };

struct entry {
	long type;
	int length;
	int number; /* the seed of its text */
};

struct receiver {
	unsigned who;
	long msgtyp;
	int room;
	int flags;
};

struct model {
	bool removed;
	struct entry entry[QBYTES];
	int n, bytes;
	struct receiver receiver[WORKERS]; /* the blocked ones, longest waiting first */
	int receivers;
	bool sending; /* at most one sender blocks: the order of waking several is undefined */
	unsigned sender;
	struct entry sent;
};

static void make_queue(const struct ipc_calls *ipc, int id[2])
{
	id[0] = must(ipc->msgget(IPC_PRIVATE, 0600));
	struct msqid_ds ds = msg_state(id[0]);
	ds.msg_qbytes = QBYTES;
	must(libc_calls.msgctl(id[0], IPC_SET, &ds));
}

static void remove_queue(const struct ipc_calls *ipc UNUSED, const int id[2])
{
	libc_calls.msgctl(id[0], IPC_RMID, NULL);
}

static void draw(struct random_numbers *numbers, struct step *step)
{
	step->arg[3] = (short)random_between(numbers, 0, 9999);
	if (random_between(numbers, 0, 1)) {
		step->what = SEND;
		step->arg[0] = (short)random_between(numbers, 1, 3);
		step->arg[1] = (short)random_between(numbers, 0, MOST_TEXT);
		step->arg[2] = random_between(numbers, 0, 1) ? NOWAIT : 0;
		return;
	}
	step->what = RECEIVE;
	step->arg[0] = (short)random_between(numbers, -3, 3);
	step->arg[1] = random_between(numbers, 0, 3) ? MOST_TEXT : LEAST_ROOM;
	step->arg[2] =
		(short)((random_between(numbers, 0, 1) ? NOWAIT : 0) |
			(random_between(numbers, 0, 3) ? CUT : 0) |
			(step->arg[0] > 0 && random_between(numbers, 0, 3) == 0 ? EXCEPT : 0));
}

static unsigned char text_byte(int number, int i)
{
	return (unsigned char)(number * 7 + i * 13 + 1);
}

/* Reads the number of messages and the number of their bytes. */
static void observe(int msqid, struct answer *answer)
{
	struct msqid_ds ds = {0};

	answered(answer, libc_calls.msgctl(msqid, IPC_STAT, &ds));
	if (answer->result == 0) {
		answer->result = (long)ds.msg_qnum;
		answer->type = (long)ds.__msg_cbytes;
	}
}

static void perform(const struct ipc_calls *ipc, const int id[2], const struct step *step,
		    struct answer *answer)
{
	struct {
		long mtype;
		unsigned char mtext[ANSWER_TEXT];
	} message = {0};
	int nowait = step->arg[2] & NOWAIT ? IPC_NOWAIT : 0;

	if (step->what == REMOVE) {
		answered(answer, ipc->msgctl(id[0], IPC_RMID, NULL));
		return;
	}
	if (step->what == OBSERVE) {
		observe(id[0], answer);
		return;
	}
	if (step->what == SEND) {
		message.mtype = step->arg[0];
		for (int i = 0; i < step->arg[1]; i++)
			message.mtext[i] = text_byte(step->arg[3], i);
		answered(answer, ipc->msgsnd(id[0], &message, (size_t)step->arg[1], nowait));
		return;
	}
	answered(answer, ipc->msgrcv(id[0], &message, (size_t)step->arg[1], step->arg[0],
				     nowait | (step->arg[2] & CUT ? MSG_NOERROR : 0) |
					     (step->arg[2] & EXCEPT ? MSG_EXCEPT : 0)));
	answer->type = message.mtype;
	memcpy(answer->text, message.mtext, sizeof(message.mtext));
}

static bool matches(const struct receiver *receiver, long type)
{
	if (receiver->flags & EXCEPT)
		return type != receiver->msgtyp;
	return receiver->msgtyp == 0 || type == receiver->msgtyp ||
	       (receiver->msgtyp < 0 && type <= -receiver->msgtyp);
}

/* Delivers a message to a receiver; false if it is too long. */
static bool hand_over(const struct entry *entry, const struct receiver *receiver,
		      struct outcome *outcome)
{
	struct answer *answer = &outcome->answer[receiver->who];
	int length = entry->length < receiver->room ? entry->length : receiver->room;

	if (entry->length > receiver->room && !(receiver->flags & CUT)) {
		done(outcome, receiver->who, 0, E2BIG);
		return false;
	}
	done(outcome, receiver->who, length, 0);
	answer->type = entry->type;
	for (int i = 0; i < length; i++)
		answer->text[i] = text_byte(entry->number, i);
	return true;
}

static void forget_receiver(struct model *model, int i)
{
	memmove(&model->receiver[i], &model->receiver[i + 1],
		(size_t)(--model->receivers - i) * sizeof(model->receiver[0]));
	memset(&model->receiver[model->receivers], 0, sizeof(model->receiver[0]));
}

static bool fits(const struct model *model, const struct entry *entry)
{
	return model->bytes + entry->length <= QBYTES && model->n + 1 <= QBYTES;
}

/* Delivers a message to the longest waiting receiver that accepts it, or queues it. */
static void put(struct model *model, const struct entry *entry, struct outcome *outcome)
{
	for (int i = 0; i < model->receivers;) {
		const struct receiver receiver = model->receiver[i];
		if (!matches(&receiver, entry->type)) {
			i++;
			continue;
		}
		forget_receiver(model, i);
		if (hand_over(entry, &receiver, outcome))
			return;
	}
	model->entry[model->n++] = *entry;
	model->bytes += entry->length;
}

static void send_waiting(struct model *model, struct outcome *outcome)
{
	if (!model->sending || !fits(model, &model->sent))
		return;
	model->sending = false;
	done(outcome, model->sender, 0, 0);
	put(model, &model->sent, outcome);
}

static bool apply_send(struct model *model, const struct step *step, struct outcome *outcome)
{
	const struct entry entry = {step->arg[0], step->arg[1], step->arg[3]};

	if (fits(model, &entry)) {
		done(outcome, step->who, 0, 0);
		put(model, &entry, outcome);
	} else if (step->arg[2] & NOWAIT) {
		done(outcome, step->who, 0, EAGAIN);
	} else {
		if (model->sending)
			return false;
		model->sending = true;
		model->sender = step->who;
		model->sent = entry;
	}
	return true;
}

/* The first entry that matches; for a negative type, the first one of the lowest type. */
static int chosen_entry(const struct model *model, const struct receiver *receiver)
{
	int chosen = -1;

	for (int i = 0; i < model->n; i++)
		if (matches(receiver, model->entry[i].type) &&
		    (chosen == -1 ||
		     (receiver->msgtyp < 0 && model->entry[i].type < model->entry[chosen].type)))
			chosen = i;
	return chosen;
}

static bool apply_receive(struct model *model, const struct step *step, struct outcome *outcome)
{
	const struct receiver receiver = {step->who, step->arg[0], step->arg[1], step->arg[2]};
	int i = chosen_entry(model, &receiver);

	if (i == -1 && step->arg[2] & NOWAIT) {
		done(outcome, step->who, 0, ENOMSG);
	} else if (i == -1) {
		model->receiver[model->receivers++] = receiver;
	} else if (hand_over(&model->entry[i], &receiver, outcome)) {
		model->bytes -= model->entry[i].length;
		memmove(&model->entry[i], &model->entry[i + 1],
			(size_t)(--model->n - i) * sizeof(model->entry[0]));
		memset(&model->entry[model->n], 0, sizeof(model->entry[0]));
		send_waiting(model, outcome);
	}
	return true;
}

/* Removes a worker from the blocked ones. */
static void leave(struct model *model, unsigned who)
{
	if (model->sending && model->sender == who)
		model->sending = false;
	for (int i = model->receivers - 1; i >= 0; i--)
		if (model->receiver[i].who == who)
			forget_receiver(model, i);
}

static bool apply(void *arg, const struct step *step, struct outcome *outcome)
{
	struct model *model = arg;

	if (model->removed && step->what >= REMOVE) {
		done(outcome, step->who, 0, EINVAL);
		return true;
	}
	switch (step->what) {
	case REMOVE:
		model->removed = true;
		done(outcome, step->who, 0, 0);
		return true;
	case OBSERVE:
		done(outcome, step->who, model->n, 0);
		outcome->answer[step->who].type = model->bytes;
		return true;
	case SEND:
		return apply_send(model, step, outcome);
	case RECEIVE:
		return apply_receive(model, step, outcome);
	case SIGNAL:
		done(outcome, step->who, 0, EINTR);
	}
	leave(model, step->who);
	return true;
}

static bool agrees(const struct ipc_calls *ipc UNUSED, const int id[2], const void *arg,
		   bool patient UNUSED, char seen[160])
{
	const struct model *model = arg;
	struct msqid_ds ds = msg_state(id[0]);

	snprintf(seen, 160, "%lu messages of %lu bytes instead of %d of %d",
		 (unsigned long)ds.msg_qnum, (unsigned long)ds.__msg_cbytes, model->n,
		 model->bytes);
	return ds.msg_qnum == (unsigned long)model->n &&
	       ds.__msg_cbytes == (unsigned long)model->bytes;
}

static void describe(const struct step *step, char text[96])
{
	if (step->what == SEND)
		snprintf(text, 96, "sends %d bytes of type %d%s", step->arg[1], step->arg[0],
			 step->arg[2] & NOWAIT ? ", IPC_NOWAIT" : "");
	else
		snprintf(text, 96, "receives %d of type %d%s%s%s", step->arg[1], step->arg[0],
			 step->arg[2] & NOWAIT ? ", IPC_NOWAIT" : "",
			 step->arg[2] & CUT ? ", MSG_NOERROR" : "",
			 step->arg[2] & EXCEPT ? ", MSG_EXCEPT" : "");
}

static void write_objects(FILE *out)
{
	fprintf(out, "\"msg_qbytes\": %d", QBYTES);
}

static void write_call(FILE *out, const struct step *step)
{
	static const struct flag flags[] = {
		{NOWAIT, "IPC_NOWAIT"}, {CUT, "MSG_NOERROR"}, {EXCEPT, "MSG_EXCEPT"}, {0}};

	fprintf(out, "\"call\": \"%s\", \"mtype\": %d, ", step->what == SEND ? "msgsnd" : "msgrcv",
		step->arg[0]);
	if (step->what == SEND) {
		fputs("\"text\": \"", out);
		for (int i = 0; i < step->arg[1]; i++)
			fprintf(out, "%02x", text_byte(step->arg[3], i));
		fputs("\", ", out);
	} else {
		fprintf(out, "\"msgsz\": %d, ", step->arg[1]);
	}
	write_flags(out, step->arg[2], flags);
}

static void write_state(FILE *out, const void *arg)
{
	const struct model *model = arg;

	fprintf(out, "\"msg_qnum\": %d, \"msg_cbytes\": %d", model->n, model->bytes);
}

/*
 * A late wake-up, which was meant for the previous wait of a process, moves the process to the
 * end of the queue of waiting ones (ipc/msg.c, do_msgrcv, do_msgsnd).  So the order in which
 * calls began to wait is not certain.
 */
static int impatient(struct step *step)
{
	bool waits = step->what >= FIRST_OWN && !(step->arg[2] & NOWAIT);

	step->arg[2] |= waits ? NOWAIT : 0;
	return !waits ? 0 : step->what == SEND ? EAGAIN : ENOMSG;
}

static void drain(struct step *step)
{
	step->what = RECEIVE;
	step->arg[1] = MOST_TEXT;
	step->arg[2] = NOWAIT;
}

const struct operations msg_operations = {SHARED_OPERATIONS, .make = make_queue,
					  .remove = remove_queue, .impatient = impatient,
					  .drain = drain};

CHECK("random.msg", LIBC | RAW, NEED_PROC,
      "messages and blocked calls of 8 processes' random operations agree with a model in C",
      "msgop(2)")
{
	need_own_calls_in_proc();
	random_steps(ipc, "random.msg", &msg_operations);
}
