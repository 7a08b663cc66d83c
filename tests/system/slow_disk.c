/* To be preloaded: reading and writing regular files whose names end in ".slow" takes $SLOW_DISK_MS for each call; none of
 * their content is in memory before it is read. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

static int is_slow(int descriptor) {
  char link[64];
  char path[4096];
  snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
  const ssize_t length = readlink(link, path, sizeof path - 1);
  return length >= 5 && memcmp(path + length - 5, ".slow", 5) == 0;
}

static void wait_for_disk(int descriptor) {
  if (!is_slow(descriptor)) return;
  const long milliseconds = atol(getenv("SLOW_DISK_MS"));
  const struct timespec span = {milliseconds / 1000, milliseconds % 1000 * 1000000};
  nanosleep(&span, NULL);
}

ssize_t write(int descriptor, const void* bytes, size_t size) {
  static ssize_t (*real)(int, const void*, size_t);
  if (!real) real = (ssize_t(*)(int, const void*, size_t))dlsym(RTLD_NEXT, "write");
  wait_for_disk(descriptor);
  return real(descriptor, bytes, size);
}

ssize_t writev(int descriptor, const struct iovec* pieces, int count) {
  static ssize_t (*real)(int, const struct iovec*, int);
  if (!real) real = (ssize_t(*)(int, const struct iovec*, int))dlsym(RTLD_NEXT, "writev");
  wait_for_disk(descriptor);
  return real(descriptor, pieces, count);
}

ssize_t read(int descriptor, void* bytes, size_t size) {
  static ssize_t (*real)(int, void*, size_t);
  if (!real) real = (ssize_t(*)(int, void*, size_t))dlsym(RTLD_NEXT, "read");
  wait_for_disk(descriptor);
  return real(descriptor, bytes, size);
}

ssize_t preadv2(int descriptor, const struct iovec* pieces, int count, off_t offset, int flags) {
  static ssize_t (*real)(int, const struct iovec*, int, off_t, int);
  if (!real) real = (ssize_t(*)(int, const struct iovec*, int, off_t, int))dlsym(RTLD_NEXT, "preadv2");
  if (flags & RWF_NOWAIT && is_slow(descriptor)) {
    errno = EAGAIN;
    return -1;
  }
  return real(descriptor, pieces, count, offset, flags);
}

int fdatasync(int descriptor) {
  static int (*real)(int);
  if (!real) real = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
  wait_for_disk(descriptor);
  return real(descriptor);
}
