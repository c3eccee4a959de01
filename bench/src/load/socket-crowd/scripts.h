/* What clients say, as bytes that were made ready by whoever starts the crowd. */
#ifndef SCRIPTS_H
#define SCRIPTS_H

#include <stdint.h>

enum { scripts_max = 100000 };

struct span {
  const uint8_t *bytes;
  uint32_t length;
};

struct script {
  /* The upgrade request. */
  struct span request;
  /* What is sent once it is accepted. */
  struct span after;
};

/* Reads a file of scripts in place of those before; ends the program when it cannot. */
void scripts_read(const char *path);

/* The script of a client: they take turns. */
const struct script *script_of(uint32_t client);

#endif
