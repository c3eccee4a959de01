/*
 * Many WebSocket clients in one process. It counts frames, bytes and marked messages and measures how
 * old marked ones are; it reads no message and understands nothing of a handshake but its status.
 *
 * Usage: socket-crowd PORT
 *
 * Commands come on standard input, one a line; each is answered by one line of JSON:
 *
 *   open COUNT SPREAD_MS READY_FRAMES FILE   connects; answered when all are ready or have failed
 *   report                                   what was received since the last report
 *   wait MARKED TIMEOUT_MS                   reports once so many marked messages have come
 *   phase PERIOD_MS                          latencies are from now on those of all messages, counted
 *                                            from the last multiple of the period of wall time; 0: marked
 *   pause COUNT                              the first COUNT clients stop reading, all others read
 *   close                                    resets every connection
 *
 * FILE holds what clients say: the bytes of the upgrade request, and the bytes to be sent after it
 * was accepted, each with its length before it (32 bits, of this machine). Clients take turns with
 * the scripts that it holds. A marked message has `~` and 16 digits in it, the time of CLOCK_MONOTONIC
 * in nanoseconds at which it was published.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "frames.h"
#include "histogram.h"
#include "scripts.h"

enum {
  clients_max = 100000,
  connecting_max = 256,
  read_bytes = 256 * 1024,
  events_max = 512,
  command_bytes_max = 4096,
  answer_bytes_max = 4096,
  mark_digits = 16,
  open_timeout_ms = 120000,
};

static const uint64_t ns_per_ms = 1000000;
/* What epoll says of standard input, where it otherwise says which client it is. */
static const uint32_t stdin_tag = UINT32_MAX;

enum state { state_connecting, state_upgrading, state_joining, state_ready, state_gone };

struct client {
  int fd;
  uint8_t state;
  bool paused;
  /* The last bytes of the upgrade's answer, in which its end is looked for. */
  uint32_t tail;
  uint32_t answer_length;
  uint32_t frames_until_ready;
  uint32_t frames;
  uint64_t due_ns;
  struct frame_reader reader;
};

struct counters {
  uint64_t frames, marked, cut, bytes, closed, refused;
  uint64_t idle_ns, since_ns, cpu_since_ns;
  struct histogram latency;
};

static struct client *clients;
static uint32_t client_count;
static struct counters counters;
static int epoll_fd;
static uint64_t phase_ns;
/* When the bytes at hand were read. */
static uint64_t read_ns;
static uint16_t port;

/* The opening that is under way. */
static struct {
  bool active;
  uint32_t count, started, connecting, settled, ready_frames;
  uint64_t start_ns, spread_ns;
  struct histogram latency;
} opening;

/* The wait that is under way. */
static struct {
  bool active;
  uint64_t marked, until_ns;
} waiting;

static uint64_t clock_ns(clockid_t clock) {
  struct timespec now;
  clock_gettime(clock, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void fail(const char *what) {
  fprintf(stderr, "socket-crowd: %s: %s\n", what, strerror(errno));
  exit(1);
}

static void start_counting(void) {
  memset(&counters, 0, sizeof counters);
  counters.since_ns = clock_ns(CLOCK_MONOTONIC);
  counters.cpu_since_ns = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
  for (uint32_t at = 0; at < client_count; at += 1) clients[at].frames = 0;
}

static void report(void) {
  uint64_t ready = 0, least = UINT64_MAX, most = 0;
  for (uint32_t at = 0; at < client_count; at += 1) {
    const struct client *client = &clients[at];
    if (client->state != state_ready) continue;
    ready += 1;
    if (client->paused) continue;
    if (client->frames < least) least = client->frames;
    if (client->frames > most) most = client->frames;
  }
  printf("{\"ready\":%" PRIu64 ",\"closed\":%" PRIu64 ",\"refused\":%" PRIu64, ready, counters.closed,
         counters.refused);
  printf(",\"frames\":%" PRIu64 ",\"marked\":%" PRIu64 ",\"cut\":%" PRIu64 ",\"bytes\":%" PRIu64,
         counters.frames, counters.marked, counters.cut, counters.bytes);
  printf(",\"framesLeast\":%" PRIu64 ",\"framesMost\":%" PRIu64, least == UINT64_MAX ? 0 : least, most);
  printf(",\"wallNs\":%" PRIu64 ",\"cpuNs\":%" PRIu64 ",\"idleNs\":%" PRIu64,
         clock_ns(CLOCK_MONOTONIC) - counters.since_ns,
         clock_ns(CLOCK_PROCESS_CPUTIME_ID) - counters.cpu_since_ns, counters.idle_ns);
  putchar(',');
  histogram_print(&counters.latency);
  puts("}");
  fflush(stdout);
  start_counting();
}

static void watch(uint32_t at, int operation, uint32_t events) {
  struct epoll_event event = {.events = events, .data.u32 = at};
  if (epoll_ctl(epoll_fd, operation, clients[at].fd, &event) != 0) fail("epoll_ctl");
}

static void settle(struct client *client) {
  if (client->state == state_ready || client->state == state_gone || !opening.active) return;
  opening.settled += 1;
}

static void lose(struct client *client) {
  if (client->state == state_gone) return;
  if (client->state == state_connecting || client->state == state_upgrading) {
    counters.refused += 1;
    opening.connecting -= 1;
  } else {
    counters.closed += 1;
  }
  settle(client);
  client->state = state_gone;
  close(client->fd);
}

static bool send_all(struct client *client, struct span span) {
  uint32_t sent = 0;
  while (sent < span.length) {
    const ssize_t count = send(client->fd, span.bytes + sent, span.length - sent, MSG_NOSIGNAL);
    if (count > 0) {
      sent += (uint32_t)count;
    } else if (errno != EAGAIN && errno != EINTR) {
      lose(client);
      return false;
    }
  }
  return true;
}

static void become_ready(struct client *client) {
  settle(client);
  client->state = state_ready;
  histogram_add(&opening.latency, clock_ns(CLOCK_MONOTONIC) - client->due_ns);
}

static void connect_next(void) {
  const uint32_t at = client_count + opening.started;
  struct client *client = &clients[at];
  memset(client, 0, sizeof *client);
  client->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (client->fd < 0) fail("socket");
  client->state = state_connecting;
  client->due_ns = opening.start_ns + opening.spread_ns * opening.started / opening.count;
  client->frames_until_ready = opening.ready_frames;
  /* A reset at the end leaves no port waiting, so that thousands can come back at once. */
  const struct linger reset = {.l_onoff = 1, .l_linger = 0};
  setsockopt(client->fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  opening.started += 1;
  opening.connecting += 1;
  watch(at, EPOLL_CTL_ADD, EPOLLOUT);
  if (connect(client->fd, (struct sockaddr *)&to, sizeof to) != 0 && errno != EINPROGRESS) lose(client);
}

static void connect_due(uint64_t now_ns) {
  while (opening.active && opening.started < opening.count && opening.connecting < connecting_max) {
    const uint64_t due_ns = opening.start_ns + opening.spread_ns * opening.started / opening.count;
    if (due_ns > now_ns) return;
    connect_next();
  }
}

static void finish_opening(uint64_t now_ns) {
  if (!opening.active) return;
  const bool late = now_ns > opening.start_ns + open_timeout_ms * ns_per_ms;
  if (opening.settled < opening.count && !late) return;
  opening.active = false;
  client_count += opening.started;
  uint64_t ready = 0;
  for (uint32_t at = 0; at < client_count; at += 1) ready += clients[at].state == state_ready;
  printf("{\"ready\":%" PRIu64 ",\"refused\":%" PRIu64 ",\"tookNs\":%" PRIu64 ",", ready,
         counters.refused, now_ns - opening.start_ns);
  histogram_print(&opening.latency);
  puts("}");
  fflush(stdout);
  start_counting();
}

static void take_payload(void *connection, const uint8_t *bytes, size_t length) {
  (void)connection;
  const uint8_t *end = bytes + length;
  const uint8_t *mark = memchr(bytes, '~', length);
  while (mark != NULL) {
    counters.marked += 1;
    const uint8_t *digits = mark + 1;
    if (end - digits < mark_digits) {
      counters.cut += 1;
      return;
    }
    uint64_t sent_ns = 0;
    for (int at = 0; at < mark_digits; at += 1) sent_ns = sent_ns * 10 + (digits[at] - '0');
    if (phase_ns == 0) histogram_add(&counters.latency, read_ns > sent_ns ? read_ns - sent_ns : 0);
    mark = memchr(digits, '~', (size_t)(end - digits));
  }
}

static void take_frame(void *connection) {
  struct client *client = connection;
  counters.frames += 1;
  client->frames += 1;
  if (phase_ns != 0) histogram_add(&counters.latency, clock_ns(CLOCK_REALTIME) % phase_ns);
  if (client->state != state_joining) return;
  client->frames_until_ready -= 1;
  if (client->frames_until_ready == 0) become_ready(client);
}

/* Answers with a pong of the same payload, masked with zeros. */
static void take_ping(void *connection, const uint8_t *payload, uint8_t length) {
  uint8_t pong[6 + control_bytes_max] = {0x8a, 0x80 | length};
  memcpy(pong + 6, payload, length);
  send_all(connection, (struct span){pong, 6u + length});
}

static const struct frame_listener listener = {take_payload, take_frame, take_ping};

static bool is_refused(const struct client *client) {
  /* The status code is what comes after `HTTP/1.1 `; 0x313031 is 101. */
  const bool has_status = client->answer_length == 12;
  return (has_status && (client->tail & 0xffffff) != 0x313031) || client->answer_length > answer_bytes_max;
}

/* Looks for the end of the upgrade's answer; says how many bytes were taken. */
static size_t take_answer(struct client *client, const uint8_t *bytes, size_t length) {
  for (size_t at = 0; at < length; at += 1) {
    client->tail = client->tail << 8 | bytes[at];
    client->answer_length += 1;
    if (is_refused(client)) {
      lose(client);
      return length;
    }
    if (client->tail != 0x0d0a0d0a) continue;
    opening.connecting -= 1;
    client->state = state_joining;
    const uint32_t index = (uint32_t)(client - clients);
    if (!send_all(client, script_of(index)->after)) return length;
    if (client->frames_until_ready == 0) become_ready(client);
    return at + 1;
  }
  return length;
}

static uint8_t input[read_bytes];

static void receive(struct client *client) {
  const ssize_t count = recv(client->fd, input, sizeof input, 0);
  if (count <= 0) {
    if (count == 0 || (errno != EAGAIN && errno != EINTR)) lose(client);
    return;
  }
  counters.bytes += (uint64_t)count;
  size_t taken = 0;
  if (client->state == state_upgrading) taken = take_answer(client, input, (size_t)count);
  read_ns = clock_ns(CLOCK_MONOTONIC);
  frames_take(&client->reader, input + taken, (size_t)count - taken, &listener, client);
}

static void connected(uint32_t at) {
  struct client *client = &clients[at];
  int error = 0;
  socklen_t length = sizeof error;
  getsockopt(client->fd, SOL_SOCKET, SO_ERROR, &error, &length);
  if (error != 0) {
    lose(client);
    return;
  }
  client->state = state_upgrading;
  watch(at, EPOLL_CTL_MOD, EPOLLIN);
  send_all(client, script_of(at)->request);
}

static void open_clients(const char *arguments) {
  char path[command_bytes_max];
  uint32_t count, spread_ms, ready_frames;
  if (sscanf(arguments, "%" SCNu32 " %" SCNu32 " %" SCNu32 " %4095[^\n]", &count, &spread_ms, &ready_frames,
             path) != 4 ||
      count == 0 || client_count + count > clients_max) {
    fprintf(stderr, "socket-crowd: what is to be opened is not understood\n");
    exit(1);
  }
  scripts_read(path);
  memset(&opening, 0, sizeof opening);
  opening.active = true;
  opening.count = count;
  opening.ready_frames = ready_frames;
  opening.spread_ns = spread_ms * ns_per_ms;
  opening.start_ns = clock_ns(CLOCK_MONOTONIC);
}

static void pause_clients(uint32_t count) {
  for (uint32_t at = 0; at < client_count; at += 1) {
    struct client *client = &clients[at];
    const bool paused = at < count;
    if (client->state != state_ready || client->paused == paused) continue;
    client->paused = paused;
    watch(at, EPOLL_CTL_MOD, paused ? 0 : EPOLLIN);
  }
  report();
}

static void close_clients(void) {
  for (uint32_t at = 0; at < client_count; at += 1) {
    if (clients[at].state != state_gone) close(clients[at].fd);
  }
  client_count = 0;
  report();
}

static void obey(char *command) {
  uint64_t timeout_ms = 0;
  if (strncmp(command, "open ", 5) == 0) {
    open_clients(command + 5);
  } else if (sscanf(command, "wait %" SCNu64 " %" SCNu64, &waiting.marked, &timeout_ms) == 2) {
    waiting.active = true;
    waiting.until_ns = clock_ns(CLOCK_MONOTONIC) + timeout_ms * ns_per_ms;
  } else if (strncmp(command, "phase ", 6) == 0) {
    phase_ns = strtoull(command + 6, NULL, 10) * ns_per_ms;
    report();
  } else if (strncmp(command, "pause ", 6) == 0) {
    pause_clients((uint32_t)strtoul(command + 6, NULL, 10));
  } else if (strcmp(command, "close") == 0) {
    close_clients();
  } else if (strcmp(command, "report") == 0) {
    report();
  } else {
    fprintf(stderr, "socket-crowd: %s is no command\n", command);
    exit(1);
  }
}

static void read_commands(void) {
  static char line[command_bytes_max];
  static size_t length;
  char chunk[command_bytes_max];
  const ssize_t count = read(STDIN_FILENO, chunk, sizeof chunk);
  if (count <= 0) exit(0);
  for (ssize_t at = 0; at < count; at += 1) {
    if (chunk[at] == '\n') {
      line[length] = '\0';
      length = 0;
      obey(line);
    } else if (length + 1 < sizeof line) {
      line[length++] = chunk[at];
    }
  }
}

static void finish_waiting(uint64_t now_ns) {
  if (!waiting.active) return;
  if (counters.marked < waiting.marked && now_ns < waiting.until_ns) return;
  waiting.active = false;
  report();
}

static void handle(const struct epoll_event *event) {
  if (event->data.u32 == stdin_tag) {
    read_commands();
    return;
  }
  struct client *client = &clients[event->data.u32];
  if (client->state == state_gone) return;
  if (client->state == state_connecting) connected(event->data.u32);
  else if (client->paused) lose(client);
  else receive(client);
}

static void loop(void) {
  static struct epoll_event events[events_max];
  for (;;) {
    const uint64_t before_ns = clock_ns(CLOCK_MONOTONIC);
    connect_due(before_ns);
    finish_opening(before_ns);
    finish_waiting(before_ns);
    const int timeout_ms = opening.active || waiting.active ? 1 : -1;
    const int count = epoll_wait(epoll_fd, events, events_max, timeout_ms);
    counters.idle_ns += clock_ns(CLOCK_MONOTONIC) - before_ns;
    for (int at = 0; at < count; at += 1) handle(&events[at]);
  }
}

int main(int argument_count, char **arguments) {
  if (argument_count != 2) {
    fprintf(stderr, "usage: socket-crowd PORT\n");
    return 2;
  }
  port = (uint16_t)strtoul(arguments[1], NULL, 10);
  struct rlimit files;
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  clients = calloc(clients_max, sizeof *clients);
  epoll_fd = epoll_create1(EPOLL_CLOEXEC);
  if (clients == NULL || epoll_fd < 0) fail("start");
  struct epoll_event event = {.events = EPOLLIN, .data.u32 = stdin_tag};
  epoll_ctl(epoll_fd, EPOLL_CTL_ADD, STDIN_FILENO, &event);
  start_counting();
  loop();
}
