package io.inmesh.server.ads;

import io.grpc.Status;

/** The sending half of a stream. Called by one thread at a time. */
interface AdsOutbound {
  /** Whether the transport takes more without queueing it up in memory. */
  boolean isReady();

  void send(ResponseBytes response);

  /** Lets the client's next request in. */
  void requestNext();

  /** Ends the stream; nothing is sent after. */
  void close(Status status);
}
