/* Makes calls on the store's files fail as a broken or a full disk does. Preloaded into the program, on Linux.
 *
 * LOCKKEEPER_FAULT=sync:N  the Nth fsync fails with EIO, and those after it succeed: the kernel reports a lost write
 *                          once.
 * LOCKKEEPER_FAULT=full:N  from the Nth write on, all fail with ENOSPC.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#define FILES 1024

static char of_store[FILES];
static long syncs, writes;

static long wanted(const char *kind)
{
    const char *fault = getenv("LOCKKEEPER_FAULT");
    size_t length = strlen(kind);
    return fault && !strncmp(fault, kind, length) ? atol(fault + length) : 0;
}

static int in_store(int file)
{
    return file >= 0 && file < FILES && of_store[file];
}

static int note(int file, const char *path)
{
    if (file >= 0 && file < FILES)
        of_store[file] = strstr(path, "/store.db") != NULL;
    return file;
}

static int is_full(int file)
{
    long from = wanted("full:");
    return from && in_store(file) && __atomic_add_fetch(&writes, 1, __ATOMIC_SEQ_CST) >= from;
}

static int is_lost(int file)
{
    long at = wanted("sync:");
    return at && in_store(file) && __atomic_add_fetch(&syncs, 1, __ATOMIC_SEQ_CST) == at;
}

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))
#define FAIL(error) return errno = (error), -1

#define OPEN(name)                                        \
    int name(const char *path, int flags, ...)            \
    {                                                     \
        mode_t mode = 0;                                  \
        if (flags & (O_CREAT | O_TMPFILE)) {              \
            va_list more;                                 \
            va_start(more, flags);                        \
            mode = va_arg(more, mode_t);                  \
            va_end(more);                                 \
        }                                                 \
        return note(NEXT(name)(path, flags, mode), path); \
    }

OPEN(open)
OPEN(open64)

int fsync(int file)
{
    if (is_lost(file))
        FAIL(EIO);
    return NEXT(fsync)(file);
}

int fdatasync(int file)
{
    if (is_lost(file))
        FAIL(EIO);
    return NEXT(fdatasync)(file);
}

ssize_t write(int file, const void *bytes, size_t length)
{
    if (is_full(file))
        FAIL(ENOSPC);
    return NEXT(write)(file, bytes, length);
}

ssize_t pwrite(int file, const void *bytes, size_t length, off_t offset)
{
    if (is_full(file))
        FAIL(ENOSPC);
    return NEXT(pwrite)(file, bytes, length, offset);
}

ssize_t pwrite64(int file, const void *bytes, size_t length, off64_t offset)
{
    if (is_full(file))
        FAIL(ENOSPC);
    return NEXT(pwrite64)(file, bytes, length, offset);
}
