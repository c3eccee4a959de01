/*
 * Finds the frames in what a server sends on one connection (RFC 6455, 5.2), however the bytes are cut
 * into reads. It looks at no message and keeps none.
 */
#ifndef FRAMES_H
#define FRAMES_H

#include <stddef.h>
#include <stdint.h>

enum {
  frame_header_bytes_max = 10,
  control_bytes_max = 125,
};

/* Where in a frame a connection is; zeros at the start. */
struct frame_reader {
  uint64_t payload_left;
  uint8_t header_length;
  uint8_t header[frame_header_bytes_max];
  uint8_t control_length;
  uint8_t control[control_bytes_max];
};

/* Who is told of frames. */
struct frame_listener {
  /* A part of the payload of a message. */
  void (*payload)(void *connection, const uint8_t *bytes, size_t length);
  /* A frame of a message is complete. */
  void (*frame)(void *connection);
  /* A ping is complete. */
  void (*ping)(void *connection, const uint8_t *payload, uint8_t length);
};

void frames_take(struct frame_reader *reader, const uint8_t *bytes, size_t length,
                 const struct frame_listener *listener, void *connection);

#endif
