package io.inmesh.conformance.world;

import java.util.Map;

/**
 * What an instance does with a request.
 *
 * @param kind answer, or not
 * @param status as HTTP says it; gRPC answers the corresponding code, see {@link Statuses}
 * @param headers added to the response
 */
public record Reply(Kind kind, int status, Map<String, String> headers) {
  /** Answer, or not. */
  enum Kind {
    /** Answers. */
    ANSWER,
    /** Breaks the stream or connection off without an answer; HTTP only. */
    RESET,
    /** Never answers. */
    NONE
  }

  /** An answer. */
  public static Reply of(int status) {
    return new Reply(Kind.ANSWER, status, Map.of());
  }

  /** The same with one header. */
  public Reply with(String name, String value) {
    Map<String, String> more = new java.util.TreeMap<>(headers);
    more.put(name, value);
    return new Reply(kind, status, more);
  }
}
