/** A worker that says each second that one is over; nothing else. */
setInterval(() => postMessage(undefined), 1_000);
