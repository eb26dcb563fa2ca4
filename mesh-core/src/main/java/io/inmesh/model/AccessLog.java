package io.inmesh.model;

import java.util.List;

/**
 * What is written of calls when they end (Envoy's access logs).
 *
 * @param json whether a line is an object with these members; else the only one is the line
 * @param members in order
 * @param filter which calls are written
 */
public record AccessLog(boolean json, List<Member> members, LogFilter filter) {
  /**
   * A part of a line.
   *
   * @param name in JSON
   */
  public record Member(String name, LogFormat format) {}

  /** Copies the list. */
  public AccessLog {
    members = List.copyOf(members);
  }
}
