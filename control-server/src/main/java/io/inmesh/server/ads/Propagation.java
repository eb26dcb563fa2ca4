package io.inmesh.server.ads;

/**
 * How far a change has travelled.
 *
 * @param acknowledged connected clients that have acknowledged it
 * @param watching connected clients that subscribe to what changed; those that left while waiting
 *     are not counted, as they ask again when they return
 */
public record Propagation(int acknowledged, int watching) {
  /** Whether every client concerned has it. */
  public boolean complete() {
    return acknowledged >= watching;
  }
}
