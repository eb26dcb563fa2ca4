package io.inmesh.route;

import io.inmesh.call.RequestHead;
import io.inmesh.control.Randomness;
import io.inmesh.model.RouteMatch;

/** A compiled {@link RouteMatch} on its own, outside of a table. Immutable. */
public final class RequestTest {
  private final PathTest path;
  private final Predicates rest;

  /**
   * Compiles.
   *
   * @throws IllegalArgumentException if a regex is not RE2 syntax
   */
  public RequestTest(RouteMatch match) {
    path = PathTest.of(match.path());
    rest = new Predicates(match);
  }

  /** Whether a request satisfies it. */
  public boolean matches(RequestHead head, Randomness random) {
    int query = head.path().indexOf('?');
    return path.test(query < 0 ? head.path() : head.path().substring(0, query))
        && rest.test(head, random);
  }
}
