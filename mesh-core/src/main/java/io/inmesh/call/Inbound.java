package io.inmesh.call;

/** The entry of inbound requests to one port. Thread-safe. */
public interface Inbound {
  /** Decides about one request on the current snapshot; never blocks. */
  Admission admit(RequestHead head, Peer peer);
}
