package io.inmesh.call;

/** How an attempt ended without a response, in terms of what the peer may have done. */
public enum Failure {
  /** No connection: the request was not sent. */
  CONNECT,
  /** The TLS handshake failed or the peer is not who it should be: not sent, never downgraded. */
  TLS,
  /** REFUSED_STREAM, or GOAWAY below this stream: the peer says that it did not process it. */
  REFUSED,
  /** The connection was gone before the first byte of the request was written. */
  RESET_BEFORE_REQUEST,
  /** The connection broke after something was sent: it may have been processed. */
  CONNECTION_LOST,
  /** The peer reset the stream after something was sent: it may have been processed. */
  RESET,
  /** The peer broke the protocol. */
  PROTOCOL,
  /** Waiting for a connection exceeded a limit of this process. */
  OVERFLOW,
  /** The transport is closed. */
  CLOSED;

  /** Whether the request was certainly not processed by the peer. */
  public boolean unprocessed() {
    return this == CONNECT
        || this == TLS
        || this == REFUSED
        || this == RESET_BEFORE_REQUEST
        || this == OVERFLOW
        || this == CLOSED;
  }
}
