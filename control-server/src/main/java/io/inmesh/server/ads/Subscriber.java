package io.inmesh.server.ads;

/** Whoever wants to hear about changes of names. Its methods return at once, on any thread. */
interface Subscriber {
  /** Something of interest was published. */
  void changed(Notice notice);

  /** Tells a wait when the client has acknowledged what the wait is for. */
  void await(PropagationWait.Part part);
}
