// Put before the C library with LD_PRELOAD: a file system without hard links, a clock that is ahead or behind.
#include <errno.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static long shift(void) {
  const char *seconds = getenv("RP_BENCH_TEST_CLOCK");
  return seconds ? atol(seconds) : 0;
}

int link(const char *from, const char *to) {
  if (getenv("RP_BENCH_TEST_NO_LINKS")) {
    errno = EPERM;
    return -1;
  }
  return (int)syscall(SYS_linkat, -100 /* AT_FDCWD */, from, -100, to, 0);
}

int clock_gettime(clockid_t clock, struct timespec *time) {
  int result = (int)syscall(SYS_clock_gettime, clock, time);
  if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) time->tv_sec += shift();
  return result;
}

int gettimeofday(struct timeval *restrict time, void *restrict zone) {
  (void)zone;
  struct timespec now;
  int result = clock_gettime(CLOCK_REALTIME, &now);
  time->tv_sec = now.tv_sec;
  time->tv_usec = now.tv_nsec / 1000;
  return result;
}

time_t time(time_t *out) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  if (out) *out = now.tv_sec;
  return now.tv_sec;
}
