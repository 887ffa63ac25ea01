/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
#include "image.h"

#include <bpf/btf.h>
#include <byteswap.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/textfile.h"

/* A vmlinux with full debugging information has 0.7 GiB. */
enum { LARGEST = 1 << 30, CHUNK = 1 << 16 };
/*
 * The depth of nested images, and the number of magic numbers to try, many of which are there
 * by chance.
 */
enum { DEEPEST = 2, ATTEMPTS = 64 };

/* A file in memory, which another program can read from any offset. */
struct blob {
	int fd;
	size_t size;
	const unsigned char *data;
};

struct search {
	bool (*wanted)(const struct btf *btf);
	unsigned attempts;
	/* The reasons for finding nothing. */
	bool cut, refused, unwanted, large;
	const char *missing; /* a program that is not installed */
};

/* ---- blobs ----------------------------------------------------------------- */

static void blob_close(struct blob *blob)
{
	if (blob->data)
		munmap((void *)blob->data, blob->size);
	if (blob->fd >= 0)
		close(blob->fd);
}

static bool blob_new(struct blob *blob)
{
	*blob = (struct blob){.fd = memfd_create("image", MFD_CLOEXEC)};
	return blob->fd >= 0;
}

/* Maps the bytes written to the blob; an empty blob has no data. */
static bool blob_map(struct blob *blob)
{
	off_t size = lseek(blob->fd, 0, SEEK_END);

	if (size <= 0)
		return size == 0;
	void *data = mmap(NULL, (size_t)size, PROT_READ, MAP_PRIVATE, blob->fd, 0);
	if (data == MAP_FAILED)
		return false;
	blob->data = data;
	blob->size = (size_t)size;
	return true;
}

static bool write_all(int fd, const char *bytes, size_t size)
{
	while (size > 0) {
		ssize_t n = write(fd, bytes, size);

		if (n < 0)
			return false;
		bytes += n;
		size -= (size_t)n;
	}
	return true;
}

static bool copy(int from, int to)
{
	char chunk[CHUNK];
	size_t size = 0;
	ssize_t n;

	while ((n = read(from, chunk, sizeof(chunk))) > 0) {
		size += (size_t)n;
		if (size > LARGEST) {
			errno = EFBIG;
			return false;
		}
		if (!write_all(to, chunk, (size_t)n))
			return false;
	}
	return n == 0;
}

/* Reads the file, because files of sysfs cannot be mapped before Linux 6.16. */
static bool blob_read(struct blob *blob, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return false;
	bool ok = blob_new(blob) && copy(fd, blob->fd) && blob_map(blob);
	int why = errno;
	close(fd);
	errno = why;
	return ok;
}

/* ---- uncompressed BTF -------------------------------------------------------- */

/*
 * The size of the BTF that begins here, from its header as pahole and libbpf write it
 * (types, then strings, without a gap), in either byte order; 0 if the bytes are no header.
 */
static size_t btf_size(const unsigned char *data, size_t size)
{
	struct btf_header header;

	if (size < sizeof(header))
		return 0;
	memcpy(&header, data, sizeof(header));
	if (header.magic == bswap_16(BTF_MAGIC)) {
		header.magic = BTF_MAGIC;
		header.hdr_len = bswap_32(header.hdr_len);
		header.type_off = bswap_32(header.type_off);
		header.type_len = bswap_32(header.type_len);
		header.str_off = bswap_32(header.str_off);
		header.str_len = bswap_32(header.str_len);
	}
	if (header.magic != BTF_MAGIC || header.version != BTF_VERSION || header.flags ||
	    header.hdr_len != sizeof(header) || header.type_off ||
	    header.str_off != header.type_len || header.str_len == 0)
		return 0;
	return sizeof(header) + (size_t)header.str_off + header.str_len;
}

static struct btf *try_btf(struct search *search, const unsigned char *data, size_t size)
{
	struct btf *btf = btf__new(data, (unsigned)size);

	if (!btf) {
		search->refused = true;
		return NULL;
	}
	if (search->wanted(btf))
		return btf;
	search->unwanted = true;
	btf__free(btf);
	return NULL;
}

/* Searches the bytes; the BTF section of an ELF file is found in this way too. */
static struct btf *find_plain(struct search *search, const struct blob *blob)
{
	struct btf *btf = NULL;

	for (size_t i = 0; i < blob->size && !btf; i++) {
		size_t left = blob->size - i;
		size_t size = btf_size(blob->data + i, left);

		if (size > left)
			search->cut = true;
		else if (size > 0)
			btf = try_btf(search, blob->data + i, size);
	}
	return btf;
}

/* ---- decompression ----------------------------------------------------------- */

/* The programs that compress a kernel's image: `tools` of scripts/extract-vmlinux. */
static const struct packer {
	const char *magic;
	size_t length;
	const char *command[4];
} packers[] = {
	{"\x1f\x8b\x08", 3, {"gzip", "-dc"}},
	{"\xfd"
	 "7zXZ",
	 6,
	 {"xz", "-dc", "--single-stream"}},
	{"\x28\xb5\x2f\xfd", 4, {"zstd", "-dcq"}},
	{"\x02\x21\x4c\x18", 4, {"lz4", "-dc"}},
	{"\x5d\0\0", 4, {"xz", "-dc", "--format=lzma"}},
	{"BZh", 3, {"bzip2", "-dc"}},
	{"\x89LZO", 4, {"lzop", "-dc"}},
};

static const struct packer *packer_of(const unsigned char *data, size_t size)
{
	for (size_t i = 0; i < sizeof(packers) / sizeof(packers[0]); i++)
		if (*data == (unsigned char)*packers[i].magic && size >= packers[i].length &&
		    memcmp(data, packers[i].magic, packers[i].length) == 0)
			return &packers[i];
	return NULL;
}

static _Noreturn void be_unpacker(const struct packer *packer, int from, int to)
{
	const struct rlimit largest = {LARGEST, LARGEST};
	int null = open("/dev/null", O_WRONLY);

	setrlimit(RLIMIT_FSIZE, &largest);
	signal(SIGXFSZ, SIG_DFL); /* its end tells unpack() */
	if (dup2(from, STDIN_FILENO) == STDIN_FILENO && dup2(to, STDOUT_FILENO) == STDOUT_FILENO &&
	    dup2(null, STDERR_FILENO) == STDERR_FILENO)
		execvp(packer->command[0], (char **)packer->command);
	_exit(127);
}

/*
 * Uses the output whatever the exit status is: more data follows the compressed kernel in an
 * image, and the programs report it after they have written everything.
 */
static bool unpack(struct search *search, const struct packer *packer, const struct blob *from,
		   size_t offset, struct blob *to)
{
	int status;

	if (!blob_new(to) || lseek(from->fd, (off_t)offset, SEEK_SET) < 0)
		return false;
	pid_t pid = fork();
	if (pid == 0)
		be_unpacker(packer, from->fd, to->fd);
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return false;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
		search->missing = packer->command[0];
	search->large |= WIFSIGNALED(status) && WTERMSIG(status) == SIGXFSZ;
	return blob_map(to);
}

static struct btf *find(struct search *search, const struct blob *blob, unsigned depth)
{
	struct btf *btf = find_plain(search, blob);
	bool packed = depth < DEEPEST && (blob->size < 4 || memcmp(blob->data, "\177ELF", 4) != 0);

	for (size_t i = 0; packed && i < blob->size && !btf && search->attempts < ATTEMPTS; i++) {
		const struct packer *packer = packer_of(blob->data + i, blob->size - i);
		struct blob inner = {.fd = -1};

		if (!packer)
			continue;
		search->attempts++;
		if (unpack(search, packer, blob, i, &inner))
			btf = find(search, &inner, depth + 1);
		blob_close(&inner);
	}
	return btf;
}

/* ---- compressed or not -------------------------------------------------------- */

static const char too_large[] = ": above 1 GiB, or above the caller's RLIMIT_FSIZE (ulimit -f)";

struct btf *image_btf(const char *path, bool (*wanted)(const struct btf *btf), char error[256])
{
	struct search search = {.wanted = wanted};
	struct blob blob = {.fd = -1};
	struct btf *btf = NULL;

	if (!blob_read(&blob, path))
		textfile_error(error, path, "%s%s", strerror(errno),
			       errno == EFBIG ? too_large : "");
	else if (blob.size == 0)
		textfile_error(error, path, "is empty");
	else if ((btf = find(&search, &blob, 0)) != NULL)
		;
	else if (search.unwanted)
		textfile_error(error, path, "has BTF, but no structure of System V IPC in it");
	else if (search.refused)
		textfile_error(error, path, "has BTF that libbpf cannot read");
	else if (search.large)
		textfile_error(error, path, "the image packed in it is too large%s", too_large);
	else if (search.cut)
		textfile_error(error, path, "the BTF in it is cut short");
	else if (search.missing)
		textfile_error(error, path, "may be packed by %s, which is not installed",
			       search.missing);
	else
		textfile_error(error, path,
			       "has no BTF: it is no kernel image, is cut short, or is of a kernel "
			       "built without CONFIG_DEBUG_INFO_BTF");
	blob_close(&blob);
	return btf;
}
