#include "scripts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct script *scripts;
static uint32_t script_count;
static uint8_t *script_bytes;

static void refuse(const char *path, const char *why) {
  fprintf(stderr, "socket-crowd: %s: %s\n", path, why);
  exit(1);
}

/* A length in 32 bits of this machine, and so many bytes. */
static struct span take_span(const uint8_t **at, const uint8_t *end, const char *path) {
  struct span span = {0};
  if (end - *at < 4) refuse(path, "ends too early");
  memcpy(&span.length, *at, 4);
  *at += 4;
  if (span.length > (uint64_t)(end - *at)) refuse(path, "ends too early");
  span.bytes = *at;
  *at += span.length;
  return span;
}

static long read_whole(const char *path) {
  FILE *file = fopen(path, "rb");
  if (file == NULL) refuse(path, "cannot be opened");
  fseek(file, 0, SEEK_END);
  const long length = ftell(file);
  rewind(file);
  free(script_bytes);
  script_bytes = malloc((size_t)length + 1);
  if (script_bytes == NULL || fread(script_bytes, 1, (size_t)length, file) != (size_t)length)
    refuse(path, "cannot be read");
  fclose(file);
  return length;
}

void scripts_read(const char *path) {
  const long length = read_whole(path);
  const uint8_t *at = script_bytes;
  const uint8_t *end = script_bytes + length;
  if (scripts == NULL) scripts = calloc(scripts_max, sizeof *scripts);
  if (scripts == NULL) refuse(path, "there is no memory for it");
  for (script_count = 0; at < end && script_count < scripts_max; script_count += 1) {
    scripts[script_count].request = take_span(&at, end, path);
    scripts[script_count].after = take_span(&at, end, path);
  }
  if (script_count == 0) refuse(path, "holds no script");
}

const struct script *script_of(uint32_t client) { return &scripts[client % script_count]; }
