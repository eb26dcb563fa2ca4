package io.inmesh.route;

import org.jspecify.annotations.Nullable;

/** Reads the query of a path. */
public final class QueryParameters {
  private QueryParameters() {}

  /** The first value of a parameter, decoded; null if there is none. */
  public static @Nullable String first(String pathAndQuery, String name) {
    int question = pathAndQuery.indexOf('?');
    return question < 0 ? null : QueryTest.parameter(pathAndQuery, question + 1, name);
  }
}
