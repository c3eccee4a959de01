/*
 * The practical limit of fan-out on one core: ready frames, one send() to each socket of all that are
 * for it. It knows no slow client and no request beyond the handshake of the benchmarks' clients, whose
 * address says which topics they want: `/?topics=1,5`, or all of them.
 *
 * Prints `ready PORT`. Commands come on standard input and are answered with `done`:
 *
 *   publish FLUSHES INTERVAL_MS MESSAGES BYTES   so many messages of so many bytes at each flush, all to everybody
 *   replay TIMES FILE                            so many times what was recorded, as JSON
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
  sockets_max = 20000,
  messages_max = 1000,
  topics_max = 1024,
  flushes_max = 10000,
  message_bytes_max = 65535,
  request_bytes_max = 4096,
  backlog = 1024,
};

/* The answer to the key that all clients of the benchmarks send, the sample of RFC 6455, 1.3. */
static const char accepted[] =
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

static struct pollfd watched[sockets_max + 2];
static uint32_t watched_count = 2;
static bool upgraded[sockets_max + 2];
/* Which topics a socket wants, one bit for each. */
static uint64_t wanted[sockets_max + 2][topics_max / 64];

static uint64_t now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void fail(const char *what) {
  perror(what);
  exit(1);
}

/* Writes one frame, whose text has the topic and the time in it and is filled up to `bytes`. */
static size_t write_frame(uint8_t *frame, uint32_t topic, uint32_t bytes) {
  const size_t header = bytes < 126 ? 2 : 4;
  frame[0] = 0x81;
  if (header == 2) {
    frame[1] = (uint8_t)bytes;
  } else {
    frame[1] = 126;
    frame[2] = (uint8_t)(bytes >> 8);
    frame[3] = (uint8_t)bytes;
  }
  char *text = (char *)frame + header;
  const int length = snprintf(text, bytes, "{\"topic\":%" PRIu32 ",\"sent\":\"~%016" PRIu64 "\",\"fill\":\"",
                              topic, now_ns());
  if (length < 0 || (uint32_t)length + 2 > bytes) {
    fprintf(stderr, "fanout-limit: %" PRIu32 " bytes are too few for a message\n", bytes);
    exit(1);
  }
  memset(text + length, 'x', bytes - (uint32_t)length - 2);
  memcpy(text + bytes - 2, "\"}", 2);
  return header + bytes;
}

static void send_all(int fd, const uint8_t *bytes, size_t length) {
  while (length > 0) {
    const ssize_t count = send(fd, bytes, length, MSG_NOSIGNAL);
    if (count < 0 && errno != EINTR) return;
    if (count < 0) continue;
    bytes += count;
    length -= (size_t)count;
  }
}

static void sleep_until(uint64_t due_ns) {
  const struct timespec due = {(time_t)(due_ns / 1000000000u), (long)(due_ns % 1000000000u)};
  while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, NULL) == EINTR) continue;
}

/* One frame among those of a flush. */
struct laid {
  uint32_t topic;
  uint32_t length;
  size_t at;
};

/* Sends each socket the frames that it wants: those of a slab, laid one behind the other again. */
static void send_wanted(const uint8_t *slab, const struct laid *frames, uint32_t count, uint8_t *gathered) {
  for (uint32_t at = 2; at < watched_count; at += 1) {
    if (!upgraded[at]) continue;
    size_t length = 0;
    for (uint32_t each = 0; each < count; each += 1) {
      const struct laid frame = frames[each];
      if ((wanted[at][frame.topic / 64] >> (frame.topic % 64) & 1) == 0) continue;
      memcpy(gathered + length, slab + frame.at, frame.length);
      length += frame.length;
    }
    if (length > 0) send_all(watched[at].fd, gathered, length);
  }
}

static void publish(uint32_t flushes, uint32_t interval_ms, uint32_t messages, uint32_t bytes) {
  uint8_t *slab = malloc((size_t)messages * (bytes + 4) + 1);
  if (slab == NULL) fail("malloc");
  const uint64_t start_ns = now_ns();
  for (uint32_t flush = 0; flush < flushes; flush += 1) {
    sleep_until(start_ns + (uint64_t)flush * interval_ms * 1000000u);
    size_t length = 0;
    for (uint32_t topic = 0; topic < messages; topic += 1) {
      length += write_frame(slab + length, topic, bytes);
    }
    for (uint32_t at = 2; at < watched_count; at += 1) {
      if (upgraded[at]) send_all(watched[at].fd, slab, length);
    }
  }
  free(slab);
}

/* The file, with a zero behind it. */
static char *read_file(const char *name) {
  FILE *file = fopen(name, "rb");
  if (file == NULL || fseek(file, 0, SEEK_END) != 0) fail(name);
  const long size = ftell(file);
  if (size < 0) fail(name);
  rewind(file);
  char *text = malloc((size_t)size + 1);
  if (text == NULL) fail("malloc");
  if (fread(text, 1, (size_t)size, file) != (size_t)size) fail(name);
  text[size] = 0;
  fclose(file);
  return text;
}

/* Flushes that were recorded: when, and the topic and length of each of its messages. */
struct recorded {
  double at_ms;
  uint32_t first;
  uint32_t count;
};

static struct recorded recording[flushes_max];
static uint32_t recorded_count;
static double period_ms;
static struct laid *messages;
static size_t largest_flush;

/* Reads a recording, which is JSON of one fixed form: {"periodMs":N,"flushes":[{"atMs":N,"messages":[[T,L],...]},...]} */
static void read_recording(const char *name) {
  char *text = read_file(name);
  messages = realloc(messages, (strlen(text) / 5 + 1) * sizeof *messages);
  if (messages == NULL || sscanf(text, "{\"periodMs\":%lf", &period_ms) != 1) fail("a recording");
  recorded_count = 0;
  largest_flush = 0;
  uint32_t all = 0;
  for (const char *next = strstr(text, "{\"atMs\":"); next != NULL; next = strstr(next, "{\"atMs\":")) {
    if (recorded_count == flushes_max) fail("too many flushes");
    struct recorded *flush = &recording[recorded_count++];
    flush->at_ms = strtod(next + strlen("{\"atMs\":"), NULL);
    flush->first = all;
    next = strstr(next, "\"messages\":[") + strlen("\"messages\":[");
    size_t bytes = 0;
    while (*next == '[' || *next == ',') {
      if (*next == ',') next += 1;
      char *end;
      messages[all].topic = (uint32_t)strtoul(next + 1, &end, 10);
      messages[all].length = (uint32_t)strtoul(end + 1, &end, 10);
      if (messages[all].topic >= topics_max) fail("too many topics");
      bytes += messages[all].length + 4;
      all += 1;
      next = end + 1;
    }
    flush->count = all - flush->first;
    if (bytes > largest_flush) largest_flush = bytes;
  }
  free(text);
}

static void replay(uint32_t times, const char *name) {
  read_recording(name);
  uint8_t *slab = malloc(largest_flush + 1);
  uint8_t *gathered = malloc(largest_flush + 1);
  struct laid frames[messages_max];
  if (slab == NULL || gathered == NULL) fail("malloc");
  const uint64_t start_ns = now_ns();
  for (uint32_t time = 0; time < times; time += 1) {
    for (uint32_t at = 0; at < recorded_count; at += 1) {
      const struct recorded flush = recording[at];
      if (flush.count > messages_max) fail("too many messages");
      sleep_until(start_ns + (uint64_t)((time * period_ms + flush.at_ms) * 1e6));
      size_t length = 0;
      for (uint32_t each = 0; each < flush.count; each += 1) {
        const struct laid message = messages[flush.first + each];
        const size_t written = write_frame(slab + length, message.topic, message.length);
        frames[each] = (struct laid){message.topic, (uint32_t)written, length};
        length += written;
      }
      send_wanted(slab, frames, flush.count, gathered);
    }
  }
  free(slab);
  free(gathered);
}

static void read_command(void) {
  char line[4096];
  if (fgets(line, sizeof line, stdin) == NULL) exit(0);
  uint32_t times;
  char name[sizeof line];
  if (sscanf(line, "replay %" SCNu32 " %[^\n]", &times, name) == 2) {
    replay(times, name);
    puts("done");
    return;
  }
  uint32_t flushes, interval_ms, messages, bytes;
  if (sscanf(line, "publish %" SCNu32 " %" SCNu32 " %" SCNu32 " %" SCNu32, &flushes, &interval_ms, &messages,
             &bytes) != 4 ||
      messages > messages_max || bytes > message_bytes_max) {
    fprintf(stderr, "fanout-limit: the command is not understood\n");
    exit(1);
  }
  publish(flushes, interval_ms, messages, bytes);
  puts("done");
}

/* Notes the topics that a request's address names; all of them when it names none. */
static void read_topics(uint32_t at, const char *request) {
  const char *next = strstr(request, "?topics=");
  memset(wanted[at], next == NULL ? 0xff : 0, sizeof wanted[at]);
  if (next == NULL) return;
  next += strlen("?topics=");
  while (*next >= '0' && *next <= '9') {
    char *end;
    const unsigned long topic = strtoul(next, &end, 10);
    if (topic < topics_max) wanted[at][topic / 64] |= (uint64_t)1 << (topic % 64);
    next = *end == ',' ? end + 1 : end;
  }
}

static void accept_one(int listener) {
  const int fd = accept(listener, NULL, NULL);
  if (fd < 0) return;
  if (watched_count == sockets_max + 2) {
    close(fd);
    return;
  }
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  watched[watched_count] = (struct pollfd){.fd = fd, .events = POLLIN};
  upgraded[watched_count] = false;
  watched_count += 1;
}

static void read_socket(uint32_t at) {
  char request[request_bytes_max + 1];
  const ssize_t count = recv(watched[at].fd, request, request_bytes_max, 0);
  if (count > 0) {
    request[count] = 0;
    /* The request comes whole, as it is one small segment; what comes later is not of interest. */
    if (!upgraded[at]) {
      read_topics(at, request);
      send_all(watched[at].fd, (const uint8_t *)accepted, sizeof accepted - 1);
    }
    upgraded[at] = true;
    return;
  }
  close(watched[at].fd);
  /* poll passes over what is negative. */
  watched[at].fd = -1;
  upgraded[at] = false;
}

int main(void) {
  setvbuf(stdout, NULL, _IOLBF, 0);
  setvbuf(stdin, NULL, _IONBF, 0);
  const int listener = socket(AF_INET, SOCK_STREAM, 0);
  struct sockaddr_in address = {.sin_family = AF_INET};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  if (listener < 0 || bind(listener, (struct sockaddr *)&address, length) != 0) fail("bind");
  if (listen(listener, backlog) != 0) fail("listen");
  if (getsockname(listener, (struct sockaddr *)&address, &length) != 0) fail("getsockname");
  printf("ready %u\n", ntohs(address.sin_port));
  watched[0] = (struct pollfd){.fd = STDIN_FILENO, .events = POLLIN};
  watched[1] = (struct pollfd){.fd = listener, .events = POLLIN};
  for (;;) {
    if (poll(watched, watched_count, -1) < 0 && errno != EINTR) fail("poll");
    const uint32_t count = watched_count;
    for (uint32_t at = 2; at < count; at += 1) {
      if (watched[at].revents != 0) read_socket(at);
    }
    if (watched[1].revents != 0) accept_one(listener);
    if (watched[0].revents != 0) read_command();
  }
}
