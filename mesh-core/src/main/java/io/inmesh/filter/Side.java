package io.inmesh.filter;

/** Where a filter runs. */
public enum Side {
  /** On calls that leave this process. */
  CLIENT,
  /** On requests that arrive at this process. */
  SERVER
}
